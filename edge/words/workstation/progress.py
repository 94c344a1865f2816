"""What an export says while it runs: a part of the table in edge/words."""

from __future__ import annotations

PROGRESS: dict[str, tuple[str, str]] = {
    "progress_left": (
        "{share:.0%}, {left} left, until {until}",
        "{share:.0%}、残り {left}、終了予定 {until}",
    ),
    "progress_begun": ("begun", "開始"),
    "progress_still": (
        "at work for {spent}; last: {line}",
        "実行中（{spent} 経過）。直前の処理：{line}",
    ),
    "duration_s": ("{seconds} s", "{seconds} 秒"),
    "duration_min": ("{minutes} min", "{minutes} 分"),
    "duration_h": ("{hours} h {minutes:02} min", "{hours} 時間 {minutes:02} 分"),
    "say_report_left": (
        "{file} is left out of the report ({why})",
        "{file} をレポートから除外します（{why}）",
    ),
    "say_round": (
        "fusion   round {round}/{rounds}  {measure} {score:.3f}",
        "fusion   ラウンド {round}/{rounds}  {measure} {score:.3f}",
    ),
    "say_int8": (
        "{name}: {int8} of {nodes} nodes in INT8 ({macs:.0%} of the multiplications), ranges "
        "by {method}, drop {drop:.2f} points",
        "{name}：{nodes} ノード中 {int8} が INT8（乗算の {macs:.0%}）、範囲 {method}、低下 "
        "{drop:.2f} ポイント",
    ),
    "say_float": (
        "{name}: {share:.0%} of the multiplications had to stay float",
        "{name}：乗算の {share:.0%} は浮動小数点のままです",
    ),
    "say_qat": (
        "  put qat = true under [quantize] to fine-tune it in simulated INT8",
        "  [quantize] に qat = true を指定すると、INT8 を模擬して追加学習します",
    ),
    "say_version": (
        "{file} is of another version and made again",
        "{file} は別のバージョンのものなので作り直します",
    ),
    "say_gathered": (
        "{without} clips without a label, {labelled} with one",
        "ラベルなし {without} 件、ラベル付き {labelled} 件",
    ),
    "say_curve": (
        "what a threshold buys on people whose voice was not learned ({path}):\n{table}",
        "しきい値の効果（学習に含まない話者、{path}）：\n{table}",
    ),
    "say_recordings_left": (
        "{count} recordings left out: {why}",
        "除外した録音 {count} 件：{why}",
    ),
    "say_listener": (
        "round {round} waits for a listener: {count} verdicts are missing in {sheet}; write "
        "yes, no, or what it is, and run this again",
        "ラウンド {round} は聞き取り待ちです。{sheet} に判定が {count} 件ありません。はい、いいえ、また"
        "は正しい感情を記入して、もう一度実行してください",
    ),
    "say_seed": (
        "seed {seed}: {kept} labels kept, {hidden} hidden",
        "seed {seed}：ラベルを残す {kept} 件、隠す {hidden} 件",
    ),
    "say_bundle": (
        "bundle {path}: {size:.1f} MB; the held-out sets lie in {folder}",
        "バンドル {path}：{size:.1f} MB。評価用データは {folder} にあります",
    ),
    "say_judged": ("{judged}: {number} {scores}", "{judged}：{number} {scores}"),
    "say_judged_set": ("{modality} on {name}", "{modality}（{name}）"),
    "say_judged_new": (", new voices", "、初めての話者"),
    "say_judged_noise": (" at {snr:g} dB", "、SN 比 {snr:g} dB"),
    # What trainings call their score; the key is the name itself.
    "held-out unweighted recall": ("held-out unweighted recall", "検証データの平均再現率"),
    "held-out macro F1": ("held-out macro F1", "検証データのマクロ F1"),
    "held-out accuracy": ("held-out accuracy", "検証データの正解率"),
    "held-out share of the teacher": (
        "held-out share of the teacher",
        "検証データで教師を説明できた割合",
    ),
    "accuracy on people learned from": ("accuracy on people learned from", "学習した人での正解率"),
    "say_report": (
        "report: {path}",
        "レポート：{path}",
    ),
    "say_export": (
        "export {path} by {recipe}, seed {seed}",
        "{recipe} から {path} を作成します（seed {seed}）",
    ),
    "say_trial": (
        "fusion: on trial against other ways to fuse",
        "統合：他の統合方式と比較しています",
    ),
    "say_tokens": (
        "fusion: tokens of the encoders",
        "統合：エンコーダーの出力を計算しています",
    ),
    "say_ranges": (
        "quantize: ranges from training recordings",
        "量子化：学習用の録音から範囲を決定しています",
    ),
    "say_private": (
        "fusion: private training, epsilon {epsilon:.2f} at delta {delta:g}",
        "統合：差分プライバシー学習、delta {delta:g} で epsilon {epsilon:.2f}",
    ),
    "say_teacher": (
        "{modality} teacher: {measure} {score:.3f}",
        "教師モデル（{modality}）：{measure} {score:.3f}",
    ),
    "say_asked": (
        "teachers of {names} are asked; edge export finds their answers in {cache}",
        "{names} の教師モデルの出力を計算しました。edge export が {cache} から使用します",
    ),
    "say_process": (
        "{name}: process {number} of {size} asks about {count} of {total}",
        "{name}：プロセス {number}/{size} が {total} 件中 {count} 件を担当します",
    ),
    "say_left": (
        "{name}: {done} of {total}, about {left:.0f} min left",
        "{name}：{done}/{total} 件、残り約 {left:.0f} 分",
    ),
    "say_last": (
        "{name:8} the last epoch is kept ({score:.3f}); epoch {epoch} was the best "
        "({best:.3f}) and lies beside it in {name}.best",
        "{name:8} 最後のエポックを採用します（{score:.3f}）。最良はエポック {epoch}（{best:.3f}"
        "）で、{name}.best に保存しました",
    ),
    "say_worse": (
        "{name:8} warning: training made it worse ({measure} {began:.3f} before, {score:.3f} "
        "now); take fewer epochs or a smaller lr; epochs = 0 keeps a network as it is",
        "{name:8} 警告：学習により低下しました（{measure} {began:.3f} → {score:.3f}）。epochs "
        "または lr を小さくしてください。epochs = 0 では学習しません",
    ),
    "say_epoch": (
        "{name:8} epoch {epoch}/{epochs}  loss {loss:.3f}  {measure} {score:.3f}  "
        "{seconds:.1f} s on {device}  {left:.0f} min left",
        "{name:8} エポック {epoch}/{epochs}  損失 {loss:.3f}  {measure} {score:.3f}  "
        "{seconds:.1f} 秒（{device}）  残り {left:.0f} 分",
    ),
    "say_beside_cpu": (
        "{name}: an epoch takes {seconds:.1f} s on {device}; the processor would take about {cpu:.0f} s with "
        "{threads} threads",
        "{name}：1 エポックは {device} で {seconds:.1f} 秒、CPU（{threads} スレッド）では約 {cpu:.0f} 秒です",
    ),
    "say_clips_left": (
        "{count} of {total} clips were left out",
        "{total} 件中 {count} 件を除外しました",
    ),
    # The new bundle beside those before it.
    "say_other_labels": (
        "{folder} has other labels: the new bundle is not compared with it",
        "{folder} はラベルが異なるため、新しいバンドルと比較しません",
    ),
    "say_unjudged": (
        "{folder} cannot be judged, the new bundle is not compared with it: {why}",
        "{folder} を評価できないため、新しいバンドルと比較しません：{why}",
    ),
    "say_unopened": (
        "{folder} cannot be opened, the new bundle is not compared with it: {why}",
        "{folder} を開けないため、新しいバンドルと比較しません：{why}",
    ),
}
