"""What is wrong with a graph for TensorRT and what to do about it: a part of the table in edge/words."""

from __future__ import annotations

GRAPHS: dict[str, tuple[str, str]] = {
    "lint_opset": (
        "opset {found}; export with opset {first} to {last}",
        "opset が {found} です。opset {first}～{last} でエクスポートしてください",
    ),
    "lint_dynamic": (
        "a dynamic dimension needs a profile; export with fixed sizes",
        "次元が可変のため、プロファイルが必要です。固定サイズでエクスポートしてください",
    ),
    "lint_integer": (
        "TensorRT has no {operator}; use the float operator between QuantizeLinear and DequantizeLinear",
        "TensorRT に {operator} はありません。QuantizeLinear と DequantizeLinear の間で浮動小数点の演算を"
        "使ってください",
    ),
    "lint_run_time_scale": (
        "scales computed at run time; calibrate, and store the scales",
        "スケールを実行時に計算しています。校正して、スケールを保存してください",
    ),
    "lint_attention": (
        "TensorRT has no Attention operator in float; write attention as MatMul, Softmax and MatMul",
        "TensorRT に浮動小数点の Attention はありません。MatMul、Softmax、MatMul で書いてください",
    ),
    "lint_zero_computed": (
        "the zero point is not a constant; store it, as int8 zeros",
        "ゼロ点が定数ではありません。int8 の 0 として保存してください",
    ),
    "lint_uint8": (
        "uint8, TensorRT knows int8 only; quantize symmetrically to int8",
        "uint8 です。TensorRT は int8 だけに対応しています。int8 で対称に量子化してください",
    ),
    "lint_zero_point": (
        "the zero point is not zero; quantize symmetrically",
        "ゼロ点が 0 ではありません。対称に量子化してください",
    ),
    "lint_scale_computed": (
        "the scale is not a constant; calibrate, and store the scale",
        "スケールが定数ではありません。校正して、スケールを保存してください",
    ),
    "lint_scale": (
        "a scale is not above zero; use 1 for a channel that is all zero",
        "スケールが 0 以下です。すべて 0 のチャネルには 1 を使ってください",
    ),
    "lint_activation_scale": (
        "a scale a channel on an activation is silently not run in INT8; give an activation one scale",
        "活性化にチャネルごとのスケールがあり、INT8 で実行されません。活性化のスケールは 1 つにしてください",
    ),
    "lint_bias": (
        "int32 bias behind DequantizeLinear; keep biases in float",
        "DequantizeLinear の後に int32 のバイアスがあります。バイアスは浮動小数点のままにしてください",
    ),
    "lint_float_weights": (
        "float weights behind a quantized activation run in float; quantize the weights too, or take the "
        "activation's pair out",
        "量子化した活性化の後の重みが浮動小数点のため、浮動小数点で実行されます。重みも量子化するか、活性化の"
        "量子化を外してください",
    ),
    "lint_axis": (
        "{size} weight scales along axis {axis} of {operator}; {right} scales along axis {wanted}",
        "{operator} の重みのスケールが軸 {axis} に {size} 個あります。軸 {wanted} に {right} 個必要です",
    ),
    "lint_finding": ("{node}: {wrong}", "{node}：{wrong}"),
}
