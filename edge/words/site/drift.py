"""Words about what changed since a bundle was calibrated: a part of the table in edge/words."""

from __future__ import annotations

DRIFT: dict[str, tuple[str, str]] = {
    "drift_again": ("calibrate again: {changes}", "再校正してください：{changes}"),
    "drift_some": (
        "changed a little since the calibration: {changes}",
        "校正時からのわずかな変化：{changes}",
    ),
    "drift_then": ("; ", "。"),
    "drift_and": (", ", "、"),
    "drift_kind": ("{kind} ({what})", "{kind}（{what}）"),
    "drift_kind_sound": ("the sound has changed", "音が変わりました"),
    "drift_kind_picture": ("the picture has changed", "映像が変わりました"),
    "drift_kind_readings": ("the readings have changed", "推定の傾向が変わりました"),
    "drift_noise": ("noise {before:.0f} -> {now:.0f} dB", "騒音 {before:.0f} → {now:.0f} dB"),
    "drift_snr": ("SNR {before:.0f} -> {now:.0f} dB", "SN 比 {before:.0f} → {now:.0f} dB"),
    "drift_band": ("band up to {before:.0f} -> {now:.0f} Hz", "帯域の上限 {before:.0f} → {now:.0f} Hz"),
    "drift_voice": (
        "voices {before:.1f} -> {now:.1f} deviations away",
        "声の隔たり {before:.1f} → {now:.1f} σ",
    ),
    "drift_brightness": (
        "brightness of faces {before:.0%} -> {now:.0%}",
        "顔の明るさ {before:.0%} → {now:.0%}",
    ),
    "drift_face_score": (
        "clearness of faces {before:.2f} -> {now:.2f}",
        "顔の検出スコア {before:.2f} → {now:.2f}",
    ),
    "drift_face_size": (
        "height of faces {before:.0%} -> {now:.0%} of the picture",
        "映像に対する顔の高さ {before:.0%} → {now:.0%}",
    ),
    "drift_labels": ("{label} {before:.0%} -> {now:.0%}", "{label} {before:.0%} → {now:.0%}"),
    "drift_confidence": ("confidence {before:.0%} -> {now:.0%}", "確信度 {before:.0%} → {now:.0%}"),
    "drift_accuracy": (
        "expected accuracy {before:.0%} -> {now:.0%}, "
        "true only if the relation of sound and label has not changed",
        "推定正解率 {before:.0%} → {now:.0%}（音とラベルの関係が変わっていない場合に限り有効）",
    ),
    # What a manifest says of it.
    "reference_bins": (
        "{edges} edges make no {bins} bins; calibrate again",
        "境界 {edges} 個に対して階級が {bins} 個あります。校正し直してください",
    ),
    "reference_edges": (
        "edges must rise; calibrate again",
        "境界は昇順でなければなりません。校正し直してください",
    ),
    "reference_shares": (
        "shares must sum to 1 (they sum to {total:.3f}); calibrate again",
        "割合の合計は 1 でなければなりません（合計 {total:.3f}）。校正し直してください",
    ),
    "reference_strange": (
        "unknown statistics: {names}; calibrate again",
        "不明な統計量です：{names}。校正し直してください",
    ),
    "reference_voice": (
        "voice_mean and voice_deviation must be equally long; calibrate again",
        "voice_mean と voice_deviation の長さが一致していません。校正し直してください",
    ),
}
