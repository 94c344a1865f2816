"""Words about where readings go: a part of the table in edge/words.py."""

from __future__ import annotations

SINKS: dict[str, tuple[str, str]] = {
    "sink_review": ("review queue", "確認待ち"),
    "sink_log": ("log", "記録ファイル"),
    "sink_mqtt": ("MQTT", "MQTT 送信"),
    "sink_prometheus": ("Prometheus", "Prometheus 出力"),
    "sink_jsonl": ("readings file", "推定結果ファイル"),
    "sink_trouble": ("{name}: {why}", "{name}：{why}"),
    "sink_well": (
        "{name}: works again; readings lost meanwhile: {count}",
        "{name}：復旧しました（この間に失われた推定結果：{count} 件）",
    ),
    "sink_lost": (
        "{name}: {count} readings were lost by the end of the run",
        "{name}：終了までに {count} 件の推定結果が失われました",
    ),
    "health_trouble": ("{name} in trouble", "{name}に異常あり"),
    # Two runs at once.
    "another_run": ("another run", "別の edge run"),
    "another_run_numbered": ("another run (process {process})", "別の edge run（プロセス {process}）"),
    "claimed": (
        "{folder} is in use by {other}; end that run, or give this one another folder in [{section}]",
        "{folder} は{other}が使用中です。そちらを終了するか、[{section}] の folder に別のフォルダーを"
        "指定してください",
    ),
    "file_shared": (
        "{path} is being written by {other} as well; readings of both are in it, told apart by their `run`; "
        "name another file to keep them apart",
        "{path} には{other}も書き込んでいます。両方の推定結果が混在し、run の値で区別できます。"
        "分けるには別のファイルを指定してください",
    ),
    # The log.
    "log_folder": (
        "{folder} is not a folder; make it, or change folder in [log]",
        "{folder} というフォルダーはありません。作成するか、site.toml の [log] の folder を変更してください",
    ),
    "log_stuck": (
        "{folder} does not answer; readings go on and wait; mend the disk or network",
        "{folder} が応答しません。推定は続行し、結果を保持します。"
        "ディスクまたはネットワークを確認してください",
    ),
    "log_unwritable": (
        "{folder} cannot be written ({why}); readings go on and are not kept; "
        "free some space or mend the disk",
        "{folder} に書き込めません（{why}）。推定は続行しますが、結果は保存されません。"
        "空き容量とディスクを確認してください",
    ),
}
