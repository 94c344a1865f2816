"""What NVIDIA's data sheets promise of its boards: dense peaks of the GPU, and what power modes leave of it.

Sheets give INT8 with structured sparsity, which these networks do not have: dense is half. Modules with a DLA
count it in their TOPS; TensorRT runs these networks on the GPU. A mode scales the peaks with the clock of the
GPU and the clusters that stay on, as `nvpmodel` sets them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """A power mode."""

    name: str
    share: float
    """Of the peaks, 0..1."""
    gb_s: float
    """Memory bandwidth (10^9 bytes a second)."""


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """A module."""

    name: str
    int8_tops: float
    """Dense INT8 of the GPU (10^12 operations a second; a multiplication and its sum are two)."""
    fp16_tflops: float
    """Dense FP16 of the tensor cores."""
    fp32_tflops: float
    """FP32 of the CUDA cores; TF32, which TensorRT may take for "
    "a float32 product, is not on these sheets."""
    modes: tuple[Mode, ...]
    sheet: tuple[str, str]
    """Where the numbers stand and how they were made, English and Japanese."""


BOARDS = (
    BoardSpec(
        "Jetson Orin Nano 8GB (Super)",
        33.0,
        17.0,
        2.1,
        (Mode("MAXN_SUPER", 1.0, 102.0), Mode("25W", 918 / 1020, 102.0), Mode("15W", 612 / 1020, 68.0)),
        (
            "NVIDIA Jetson Orin Nano Series data sheet and Jetson Orin Nano "
            "Super developer kit data sheet: 67 "
            "sparse INT8 TOPS (33 dense), 17 FP16 TFLOPS, 1024 CUDA cores "
            "at 1020 MHz, 102 GB/s. Modes: GPU "
            "1020, 918, 612 MHz and memory 3199, 3199, 2133 MHz by nvpmodel_p3767_0003_super.conf "
            "of Jetson "
            "Linux 36.4",
            "NVIDIA Jetson Orin Nano Series データシートおよび Jetson Orin "
            "Nano Super 開発者キットのデータシート："
            "INT8 67 TOPS（疎）、33 TOPS（密）、FP16 17 TFLOPS、CUDA コア 1024 個（1020 MHz）、102 GB/s。"
            "各モードは Jetson Linux 36.4 の nvpmodel_p3767_0003_super.conf による GPU 1020、918、612 MHz、"
            "メモリー 3199、3199、2133 MHz",
        ),
    ),
    BoardSpec(
        "Jetson Orin NX 16GB (Super)",
        38.4,
        19.2,
        2.4,
        (
            Mode("MAXN_SUPER", 1.0, 102.4),
            Mode("40W", 1.0, 102.4),
            Mode("25W", 408 / 1173, 102.4),
            Mode("15W", 0.5 * 612 / 1173, 102.4),
        ),
        (
            "NVIDIA Jetson Orin NX Series data sheet: 157 sparse INT8 TOPS "
            "of GPU and two DLAs together, 1024 "
            "CUDA cores, 32 tensor cores, 102.4 GB/s. The GPU alone is that "
            "of the Orin Nano: its peaks times "
            "1173/1020 MHz. Modes: GPU 1173, 1173, 408 MHz, and 612 MHz with "
            "half of the clusters, by "
            "nvpmodel_p3767_0000_super.conf of Jetson Linux 36.4",
            "NVIDIA Jetson Orin NX Series データシート：INT8 157 TOPS（疎、"
            "GPU と DLA 2 基の合計）、CUDA コア "
            "1024 個、Tensor コア 32 個、102.4 GB/s。GPU 単体は Orin Nano と同じ構成のため、そのピーク値の "
            "1173/1020 倍。各モードは Jetson Linux 36.4 の nvpmodel_p3767_0000_super.conf による GPU 1173、"
            "1173、408 MHz、および半数のクラスターで 612 MHz",
        ),
    ),
    BoardSpec(
        "Jetson AGX Orin 64GB",
        85.0,
        42.5,
        5.3,
        (
            Mode("MAXN", 1.0, 204.8),
            Mode("50W", 109 / 171, 204.8),
            Mode("30W", 41 / 171, 204.8),
            Mode("15W", 14 / 171, 136.5),
        ),
        (
            "NVIDIA Jetson AGX Orin Series Technical Brief: GPU 170 sparse "
            "INT8 TOPS (85 dense), 5.3 FP32 "
            "TFLOPS, 204.8 GB/s; FP16 is half of dense INT8. Modes: 171, "
            "109, 41, 14 sparse TOPS of the GPU, "
            "NVIDIA Deep-Learning-Accelerator-SW, README; memory at 2133 of 3200 MHz in 15W",
            "NVIDIA Jetson AGX Orin Series Technical Brief：GPU INT8 170 "
            "TOPS（疎）、85 TOPS（密）、FP32 5.3 "
            "TFLOPS、204.8 GB/s。FP16 は INT8（密）の半分。各モードは NVIDIA Deep-Learning-Accelerator-SW の "
            "README による GPU 171、109、41、14 TOPS（疎）。15W ではメモリーが 3200 MHz から 2133 MHz に低下",
        ),
    ),
    BoardSpec(
        "Jetson T5000 (AGX Thor)",
        517.0,
        258.5,
        8.1,
        (Mode("MAXN", 1.0, 273.0),),
        (
            "NVIDIA Jetson Thor Series Modules data sheet: 1035 sparse INT8 "
            "TOPS (517 dense), 517 sparse FP16 "
            "TFLOPS (258.5 dense), 2560 CUDA cores at 1575 MHz, 273 GB/s. "
            "No peaks of its other modes were found",
            "NVIDIA Jetson Thor Series Modules データシート：INT8 1035 TOPS（疎）、517 TOPS（密）、FP16 517 "
            "TFLOPS（疎）、258.5 TFLOPS（密）、CUDA コア 2560 個（1575 MHz）"
            "、273 GB/s。他のモードのピーク値は"
            "見つかっていません",
        ),
    ),
)
