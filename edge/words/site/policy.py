"""The words of [policy] of site.toml, and of its rules; a part of edge/words. No legal advice."""

from __future__ import annotations

POLICY: dict[str, tuple[str, str]] = {
    "must_aggregate_or_self": (
        "aggregate and self_view exclude each other; set one of them",
        "aggregate と self_view は同時に指定できません。どちらか一方にしてください",
    ),
    # Without [policy].
    "policy_none": (
        "site.toml has no [policy]: no rule is checked and nothing is audited; see docs/policy.md",
        "site.toml に [policy] がありません：規則の確認も監査記録も行いません（docs/policy.md 参照）",
    ),
    "policy_none_record": (
        "nobody is recorded without [policy] in site.toml; say there who records whom, where and why",
        "site.toml に [policy] がないため収録できません。誰が、誰を、どこで、何のために収録するかを"
        "記入してください",
    ),
    # While a run begins.
    "policy_no_media": (
        "[policy] media = false: the queue of checks keeps numbers only, in spite of [review.consent]",
        "[policy] の media = false のため、[review.consent] があっても、確認待ちには数値だけを保存します",
    ),
    "policy_self_view": (
        "[policy] self_view = true: readings go to the panel alone; take away {names}",
        "[policy] の self_view = true では、推定結果はパネルにだけ表示します。{names} を外してください",
    ),
    "policy_self_lines": (
        "[policy] self_view = true: readings go to a screen or a terminal alone, not into a file or a pipe",
        "[policy] の self_view = true では、推定結果は画面か端末にだけ表示します。"
        "ファイルやパイプには出力できません",
    ),
    "policy_aggregate_review": (
        "[policy] aggregate = true: the queue of checks holds single readings; take [review] away",
        "[policy] の aggregate = true では、個々の推定結果を確認待ちに保存できません。"
        "[review] を外してください",
    ),
    # Aggregate mode.
    "hours_on": (
        "aggregate mode: only whole hours of {k} or more people together are told; no single reading is "
        "shown or kept",
        "集計モード：{k} 人以上が同時に写った時間帯を 1 時間単位で集計します。個々の推定結果は表示も保存も"
        "しません",
    ),
    "hours_line": (
        "{hour}  {people} people, {count} readings: {shares}",
        "{hour}　{people} 人、推定 {count} 件：{shares}",
    ),
    "hours_few": ("{hour}  fewer than {k} people together", "{hour}　同時に写った人数が {k} 人未満"),
    "hours_closing": ("{count} hours told", "集計した時間数：{count}"),
    # The rules.
    "policy_eu_emotions": (
        "[policy] is not allowed: in the EU, emotions of workers and students may be inferred for medical or "
        "safety reasons only, and consent does not change that (AI Act, Art. 5(1)(f))",
        "[policy] の内容は認められません：EU では、労働者や学生の感情の推定は医療または安全の目的に限られ、"
        "同意があっても認められません（EU AI 法 第 5 条 1 項 (f)）",
    ),
    "policy_risk": (
        '[policy] purpose_kind = "safety" needs risk_assessment: name the risk assessment that asks for '
        "the readings (AI Act, Art. 5(1)(f); Industrial Safety and Health Act of Japan, Art. 28-2)",
        '[policy] の purpose_kind = "safety" には risk_assessment が必要です：推定を必要とする'
        "リスクアセスメントの番号または名称を記入してください"
        "（EU AI 法 第 5 条 1 項 (f)、労働安全衛生法 第 28 条の 2）",
    ),
    "policy_media": (
        "[policy] media = true needs consents: take them with edge consent add, or set media = false",
        "[policy] の media = true には同意が必要です。edge consent add で同意を登録するか、"
        "media = false にしてください",
    ),
    "policy_single": (
        "[policy] {setting} = true: nothing of a single person may be kept; take the setting back first",
        "[policy] の {setting} = true により、個人の記録は保存できません。先に設定を変更してください",
    ),
    "policy_notice_eu": (
        "[policy] notice_since names no day: people must be told that emotions are read (AI Act, "
        "Art. 50(3)); edge notice makes the page",
        "[policy] の notice_since に掲示日がありません：感情を推定していることを本人に知らせる必要が"
        "あります（EU AI 法 第 50 条 3 項）。掲示は edge notice で作成できます",
    ),
    "policy_notice_jp": (
        "[policy] notice_since names no day: purpose and operator must be made known (APPI, Art. 21; camera "
        "image guidebook 3.0 of METI and MIC); edge notice makes the page",
        "[policy] の notice_since に掲示日がありません：運用者と利用目的を事前に知らせる必要があります"
        "（個人情報保護法 第 21 条、カメラ画像利活用ガイドブック ver3.0）。"
        "掲示は edge notice で作成できます",
    ),
    "policy_eu_medical": (
        '[policy] purpose_kind = "medical": in the EU, medical reasons are read as those of a medical '
        "device (AI Act, Art. 5(1)(f)); this product is none",
        '[policy] の purpose_kind = "medical"：EU では、医療目的とは医療機器としての使用と解されています'
        "（EU AI 法 第 5 条 1 項 (f)）。本製品は医療機器ではありません",
    ),
}
