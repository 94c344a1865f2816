"""The words of the chain of what was done: `edge audit`; a part of edge/words."""

from __future__ import annotations

AUDIT: dict[str, tuple[str, str]] = {
    "help_audit": (
        "Show or verify the record of what was done at a site.\n\n"
        "Runs, recordings, exports, calibrations, deletions and changes of policy and threshold are entries "
        "of an append-only chain.\n\n"
        "\b\nExample: edge audit verify --config site.toml",
        "現場で行われた操作の監査記録を表示・検証します。\n\n"
        "実行、収録、エクスポート、校正、削除、ポリシーやしきい値の変更を、追記専用のハッシュチェーンに"
        "記録しています。\n\n"
        "\b\n例：edge audit verify --config site.toml",
    ),
    "help_audit_show": (
        "Show the entries, oldest first, and the head to note down.\n\n"
        "\b\nExample: edge audit show --config site.toml --since 2026-11-01",
        "監査記録を古い順に表示し、最後に控えておく照合コードを示します。\n\n"
        "\b\n例：edge audit show --config site.toml --since 2026-11-01",
    ),
    "help_audit_verify": (
        "Check that nothing was changed, taken out, put in or cut.\n\n"
        "The exit code is 1 where something was, and the first bad entry is named.\n\n"
        "\b\nExample: edge audit verify --config site.toml\n"
        "With a head noted down: edge audit verify --head 41:3f9a1c02d4e5f607",
        "変更・抜き取り・挿入・末尾の切り捨てがないことを検証します。\n\n"
        "問題があれば最初の記録を示し、終了コードは 1 になります。\n\n"
        "\b\n例：edge audit verify --config site.toml\n"
        "控えた照合コードと照合：edge audit verify --head 41:3f9a1c02d4e5f607",
    ),
    "opt_site_config": (
        "Site settings (site.toml) with [policy].",
        "[policy] のある現場の設定（site.toml）。",
    ),
    "opt_audit_json": ("Print JSON, one entry a line.", "1 行に 1 件の JSON で出力。"),
    "opt_audit_since": (
        "Only entries of this day and later (2026-11-20).",
        "この日（2026-11-20 の形式）以降の記録だけを表示。",
    ),
    "opt_audit_head": (
        "A head that was noted down before; it must be in the chain.",
        "以前に控えた照合コード。チェーンに含まれていることを確認。",
    ),
    "audit_no_policy": (
        "{path} has no [policy], so there is no audit; add the section",
        "{path} に [policy] がないため、監査記録はありません。セクションを追加してください",
    ),
    "audit_none": (
        "{path} holds no audit yet; the first run under [policy] begins it",
        "{path} に監査記録はまだありません。[policy] を設定した最初の実行で作成されます",
    ),
    "audit_no_key": (
        "the key of this audit is not here ({path}); bring it from the machine that began the audit, or name "
        "another folder in [policy] audit",
        "この監査記録の鍵がありません（{path}）。記録を開始した装置から鍵をコピーするか、"
        "[policy] の audit に別のフォルダーを指定してください",
    ),
    "audit_no_anchor": (
        "both anchors of the audit in {path} are missing or were changed; keep the folder as it is and name "
        "a new one in [policy] audit",
        "{path} の監査記録のアンカーが 2 つとも失われているか、変更されています。"
        "フォルダーはそのまま保管し、[policy] の audit に新しいフォルダーを指定してください",
    ),
    "audit_unwritable": (
        "the audit in {path} cannot be written: {why}",
        "{path} の監査記録に書き込めません：{why}",
    ),
    "audit_unreadable": ("{path} cannot be read: {why}", "{path} を読み込めません：{why}"),
    "audit_head_form": (
        "'{head}' is no head; give one as edge audit show prints it, like 41:3f9a1c02d4e5f607",
        "「{head}」は照合コードの形式ではありません。"
        "edge audit show が表示する形式（例：41:3f9a1c02d4e5f607）で指定してください",
    ),
    "audit_since_form": (
        "'{since}' is no day; write it as 2026-11-20",
        "「{since}」は日付ではありません。2026-11-20 の形式で指定してください",
    ),
    # What verify finds.
    "audit_good": ("all {count} entries are as they were written", "記録 {count} 件に変更はありません"),
    "audit_changed": ("BAD: entry {number} was changed", "異常：{number} 件目の記録が変更されています"),
    "audit_damaged": (
        "BAD: line {number} is no entry",
        "異常：{number} 行目は記録として読めません",
    ),
    "audit_order": (
        "BAD: line {number} holds entry {seq}; entries were taken out, put in or moved",
        "異常：{number} 行目に記録 {seq} があります。抜き取り、挿入、並べ替えのいずれかがあります",
    ),
    "audit_cut": (
        "BAD: the end is cut off after entry {there}; {known} were written",
        "異常：記録 {there} より後が切り捨てられています（{known} 件まで記録済み）",
    ),
    "audit_other_chain": (
        "BAD: entry {seq} is not the one that was anchored",
        "異常：記録 {seq} がアンカーと一致しません",
    ),
    "audit_anchor_old": (
        "BAD: {there} entries, but the anchors know {known} only; they were put back",
        "異常：記録は {there} 件ですが、アンカーは {known} 件までです。アンカーが古いものに"
        "置き換えられています",
    ),
    "audit_anchor_here": (
        "BAD: {path} is missing, changed or an older one",
        "異常：{path} が失われているか、変更されているか、古いものです",
    ),
    "audit_no_anchors": (
        "BAD: both anchors are missing or were changed",
        "異常：アンカーが 2 つとも失われているか、変更されています",
    ),
    "audit_head_other": (
        "BAD: the head {head} is not in this chain",
        "異常：照合コード {head} はこのチェーンにありません",
    ),
    "audit_note_torn": (
        "a torn line after entry {seq}: power was lost while an entry was written; the next one mends it",
        "記録 {seq} の後に途切れた行があります：書き込み中の電源断です。次の記録時に修復されます",
    ),
    "audit_note_behind": (
        "entry {seq} is whole but not anchored yet: power was lost in between; the next one mends it",
        "記録 {seq} は完全ですが、アンカーに未反映です：その間の電源断です。次の記録時に修復されます",
    ),
    # What show says.
    "audit_head": (
        "head {head} on {on}: note it down, or put it on the notice board",
        "照合コード {head}（{on}）：引き継ぎ簿に控えるか、掲示してください",
    ),
    "audit_event_begun": ("audit begun", "監査記録を開始"),
    "audit_event_run_started": ("run started", "実行を開始"),
    "audit_event_run_ended": ("run ended", "実行を終了"),
    "audit_event_recorded": ("recorded", "収録"),
    "audit_event_exported": ("bundle exported", "バンドルをエクスポート"),
    "audit_event_calibrated": ("bundle calibrated", "バンドルを校正"),
    "audit_event_shadow_started": ("trial started", "試行を開始"),
    "audit_event_shadow_ended": ("trial ended", "試行を終了"),
    "audit_event_decided": ("operating point decided", "動作点を決定"),
    "audit_event_deleted": ("deleted", "削除"),
    "audit_event_consent_added": ("consent taken", "同意を取得"),
    "audit_event_consent_withdrawn": ("consent withdrawn", "同意を撤回"),
    "audit_event_policy_changed": ("policy changed", "ポリシーを変更"),
    "audit_event_threshold_changed": ("alarm threshold changed", "警報のしきい値を変更"),
    "audit_event_labelled": ("labels taken in", "ラベルを取り込み"),
}
