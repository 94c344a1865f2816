"""The words of `edge bench --sustained` and `--roofline`: a part of the table in edge/words."""

from __future__ import annotations

SUSTAINED: dict[str, tuple[str, str]] = {
    "opt_bench_sustained": (
        "Read windows one after the other for so long (90s, 30m, 1h), as fast as it goes, and compare the "
        "first minute with the last.",
        "指定した時間（90s、30m、1h など）、区間を間を置かず最高速で処理し、最初の 1 分と最後の 1 分を比較。",
    ),
    "opt_bench_csv": (
        "With --sustained: write a row for each few seconds to this CSV file.",
        "--sustained の経過を数秒ごとに 1 行で保存する CSV ファイル。",
    ),
    "opt_bench_report": (
        "With --sustained: write a page with the course of the run to this HTML file.",
        "--sustained の経過を図にして保存する HTML ファイル。",
    ),
    "opt_bench_roofline": (
        "Measure nothing: print as Markdown what the networks compute and move, and the least time they need "
        "on each Jetson by its data sheet.",
        "測定せず、モデルの演算量とデータ量、各 Jetson のデータシートから求めた最短時間を Markdown で出力。",
    ),
    "roofline_alone": (
        "goes alone: it measures nothing",
        "測定を行わないため、他のオプションとは併用できません",
    ),
    "sustained_alone": (
        "goes without --compare, --whisper and --roofline",
        "--compare、--whisper、--roofline とは併用できません",
    ),
    "sustained_needed": ("needs --sustained", "--sustained と併せて指定してください"),
    "sustained_duration": (
        "{text} is no duration from 1s to 168h; write it as in 90s, 30m or 1h",
        "{text} は 1s から 168h までの時間ではありません。90s、30m、1h のように指定してください",
    ),
    "sustained_seconds": ("{count} s", "{count} 秒"),
    "sustained_minutes": ("{count} min", "{count} 分"),
    "sustained_hours": ("{count} h", "{count} 時間"),
    "sustained_intro": (
        "{count} new windows in {ran}, one after the other as fast as it goes (a live run reads one a "
        "second), on {engine}",
        "{engine} で {ran}に {count} 区間。間を置かず最高速で処理（実運用は毎秒 1 区間）",
    ),
    "sustained_begun": (
        "reading windows for {asked}; Ctrl-C ends it and keeps what was measured",
        "{asked} の間、区間を処理します。Ctrl-C で中止した場合も、それまでの測定結果は残ります",
    ),
    "sustained_measure": ("measure", "項目"),
    "sustained_first": ("first {span}", "最初の {span}"),
    "sustained_last": ("last {span}", "最後の {span}"),
    "sustained_change": ("change", "変化"),
    "sustained_p50": ("window, p50 (ms)", "1 区間 p50（ms）"),
    "sustained_p95": ("window, p95 (ms)", "1 区間 p95（ms）"),
    "sustained_p99": ("window, p99 (ms)", "1 区間 p99（ms）"),
    "sustained_rate": ("windows a second", "区間／秒"),
    "sustained_energy": ("energy of a window (mJ)", "1 区間の電力量（mJ）"),
    "sustained_power": ("power (W)", "消費電力（W）"),
    "sustained_hottest": ("hottest zone (C)", "最も高い温度（°C）"),
    "sustained_clock": ("clock of {name} (MHz)", "{name} のクロック（MHz）"),
    "sustained_throttled": ("slowed down", "速度制限"),
    "sustained_mode": ("power mode", "電力モード"),
    "sustained_yes": ("yes", "あり"),
    "sustained_no": ("no", "なし"),
    "sustained_held": (
        "Sustained: for {ran} nothing slowed the machine down; its pace, clocks and power mode stayed.",
        "持続性能として有効です：{ran}の間、速度制限はなく、処理速度、クロック、電力モードも変わりませんでした。",
    ),
    "sustained_refused": (
        "Not sustained: do not plan with the numbers of these {ran}.",
        "持続性能とは認められません：この {ran}の数値を性能の見積もりに使わないでください。",
    ),
    "sustained_item": ("- {text}", "・{text}"),
    "sustained_unread": ("This machine does not tell:", "この装置から読み取れないもの："),
    "sustained_interrupted": ("stopped by Ctrl-C", "Ctrl-C による中止"),
    "sustained_failed": ("it failed: {why}", "エラー：{why}"),
    "sustained_cut": (
        "it ended after {ran:.0f} of {asked:.0f} s ({why}); run it again to the end",
        "{asked:.0f} 秒中 {ran:.0f} 秒で終了しました（{why}）。最後まで実行し直してください",
    ),
    "sustained_pace": (
        "windows became slower, from {first:.1f} to {last:.1f} ms (p50); other programs may have taken the "
        "machine: end them and run it again",
        "処理が遅くなりました（p50：{first:.1f} ms → {last:.1f} ms）。他のプログラムの影響が考えられます。"
        "終了してから実行し直してください",
    ),
    "sustained_heat": (
        "heat slowed it down ({parts}); clean the fan, give it air, or choose a lower power mode",
        "発熱により速度が制限されました（{parts}）。ファンを清掃し、通気を確保するか、電力モードを"
        "下げてください",
    ),
    "sustained_supply": (
        "the power supply slowed it down {count} times ({event}); use the supply that came with the board, "
        "or choose a lower power mode",
        "電源により速度が {count} 回制限されました（{event}）。付属の電源を使用するか、電力モードを"
        "下げてください",
    ),
    "sustained_modes": (
        "the power mode changed ({modes}); run it again in one mode",
        "電力モードが変わりました（{modes}）。同じモードのまま実行し直してください",
    ),
    "sustained_clocks": (
        "clocks changed ({clocks}); on a Jetson fix them and run it again: sudo jetson_clocks",
        "クロックが変わりました（{clocks}）。Jetson では sudo jetson_clocks で固定してから"
        "実行し直してください",
    ),
    "sustained_clocks_unknown": (
        "clocks: neither GPU nor processors tell theirs, so whether they changed is not known",
        "GPU、CPU ともクロックを読み取れないため、変化の有無を確認できません",
    ),
    "sustained_slowing_unknown": (
        "throttling: neither cooling devices of processors nor counters of the power supply are there, so "
        "whether it was slowed down is not known",
        "CPU・GPU の冷却デバイスも電源イベントのカウンターもないため、速度制限の有無を確認できません",
    ),
    "sustained_no_energy": (
        "power and energy: no rail of a Jetson and no counter of a processor can be read",
        "消費電力と電力量（Jetson の電源モニターも CPU の電力カウンターも読み取れません）",
    ),
    "sustained_no_heat": ("temperature: there is no thermal zone", "温度（温度センサーがありません）"),
    "sustained_no_mode": (
        "power mode: nvpmodel does not name one",
        "電力モード（nvpmodel から取得できません）",
    ),
}
