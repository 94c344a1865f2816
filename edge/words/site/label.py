"""What `edge label` says of clips to people who label, and of what they said; a part of edge/words."""

from __future__ import annotations

LABEL: dict[str, tuple[str, str]] = {
    "help_label": (
        "Have people label clips in Label Studio; see if they agree.\n\n"
        "\b\nExample: edge label export starter recordings --out label-studio\n"
        "then: edge label import out.json --recordings recordings --out labels.csv\n"
        "then: edge label agree labels/labels.csv --report agreement.html",
        "Label Studio でラベルを付け、評価者間の一致度を確認します。\n\n"
        "\b\n例：edge label export starter recordings --out label-studio\n"
        "次：edge label import out.json --recordings recordings --out labels.csv\n"
        "次：edge label agree labels/labels.csv --report agreement.html",
    ),
    "help_label_export": (
        "Write what Label Studio needs: tasks, guideline, clips.\n\n"
        "Raters do not see what the bundle thinks, unless --predictions is given: it would draw their "
        "choices. Encrypted recordings are copied in plain; import with --close deletes the copies.\n\n"
        "\b\nExample: edge label export starter recordings --out label-studio",
        "Label Studio 用のタスク・ガイドライン・クリップを書き出します。\n\n"
        "バンドルの推定は、判断を引き寄せるため、--predictions を指定しない限り評価者に見せません。"
        "暗号化された録音・録画は復号してコピーします。コピーは import の --close で削除できます。\n\n"
        "\b\n例：edge label export starter recordings --out label-studio",
    ),
    "help_label_import": (
        "Take an annotation export of Label Studio (JSON).\n\n"
        "All annotations are kept in one file, a later version replaces an earlier one; votes and the label "
        "of the majority go into metadata.csv of the recordings.\n\n"
        "\b\nExample: edge label import out.json --recordings recordings --out labels.csv",
        "Label Studio のアノテーション（JSON）を取り込みます。\n\n"
        "すべての回答を 1 つのファイルに保存し、新しい版で古い版を置き換えます。票数と多数決のラベルは、"
        "録音・録画のフォルダーの metadata.csv に書き込みます。\n\n"
        "\b\n例：edge label import out.json --recordings recordings --out labels.csv",
    ),
    "help_label_agree": (
        "Say how far raters agree (Krippendorff's alpha).\n\n"
        "--disputed lists the clips to decide; fill in emotion and give it back: "
        "edge label import --adjudicated.\n\n"
        "\b\nExample: edge label agree labels/labels.csv --report agreement.html",
        "評価者間の一致度を示します（クリッペンドルフの α）。\n\n"
        "--disputed で判断の割れたクリップの一覧を書き出します。emotion を記入し、"
        "edge label import --adjudicated で取り込んでください。\n\n"
        "\b\n例：edge label agree labels/labels.csv --report agreement.html",
    ),
    "help_label_check": (
        "List labels that are likely wrong, to hear these clips again.\n\n"
        "A site head that never met the person is asked about each clip (cleanlab).\n\n"
        "\b\nExample: edge label check recordings --bundle starter --out check.csv",
        "誤っている可能性が高いラベルを、聞き直すために一覧にします。\n\n"
        "その人を除いて学習した現場ヘッドに、各クリップを推定させます（cleanlab）。\n\n"
        "\b\n例：edge label check recordings --bundle starter --out check.csv",
    ),
    "opt_label_recordings": (
        "Folder of the recordings, with metadata.csv.",
        "録音・録画のフォルダー（metadata.csv を含む）。",
    ),
    "opt_label_out": ("New folder for Label Studio.", "Label Studio 用の新しいフォルダー。"),
    "opt_label_list": (
        "Table of the clips to label, as edge calibrate --label writes it; without, all.",
        "ラベルを付けるクリップの表（edge calibrate --label の出力。省略時はすべて）。",
    ),
    "opt_label_gold": (
        "Table of clips whose label is certain (file_name, emotion), mixed in.",
        "正解の分かっているクリップの表（file_name、emotion）。ほかのクリップに混ぜる。",
    ),
    "opt_label_gold_agree": (
        "Table of clips whose label is certain (file_name, emotion).",
        "正解の分かっているクリップの表（file_name、emotion）。",
    ),
    "opt_label_guideline": (
        "The site's own guideline for raters (Markdown); without, the one that comes with edge.",
        "現場独自のラベル付けのガイドライン（Markdown。省略時は付属のもの）。",
    ),
    "opt_label_raters": ("How many people label each clip.", "1 件のクリップにラベルを付ける人数。"),
    "opt_label_predictions": (
        "Show raters what the bundle thinks: quicker, and drawn towards it.",
        "バンドルの推定を評価者に見せる（速くなるが、判断が引き寄せられる）。",
    ),
    "opt_label_config": (
        "Settings of the site: consents and audit of its [policy]; without, the site.toml beside the folder "
        "of the recordings, if there is one.",
        "現場の設定（[policy] の同意記録と監査記録。省略時は録音・録画フォルダーと同じ場所の site.toml）。",
    ),
    "opt_label_export_json": (
        "Annotations, exported by Label Studio as JSON.",
        "Label Studio が JSON で出力したアノテーション。",
    ),
    "opt_label_labels": (
        "File that keeps what all raters said (CSV).",
        "全評価者の回答を保存するファイル（CSV）。",
    ),
    "opt_label_adjudicated": (
        "The list of edge label agree --disputed, with emotion filled in.",
        "edge label agree --disputed の一覧に emotion を記入したもの。",
    ),
    "opt_label_rater": (
        "Pseudonym of the one rater, where each has a Label Studio of an own.",
        "評価者の仮名 ID（評価者ごとに別の Label Studio を使う場合）。",
    ),
    "opt_label_close": (
        "Folder of edge label export: delete its plain copies afterwards.",
        "取り込み後に復号済みコピーを削除する、edge label export のフォルダー。",
    ),
    "opt_label_kept": ("File that edge label import keeps.", "edge label import が保存したファイル。"),
    "opt_label_report": ("Write one page to this HTML file.", "1 ページの報告を HTML に保存。"),
    "opt_label_json": ("Write all numbers to this JSON file.", "すべての数値を JSON に保存。"),
    "opt_label_disputed": (
        "Write the clips that raters do not agree on to this CSV file.",
        "判断の割れたクリップの一覧を CSV に保存。",
    ),
    "opt_label_check_bundle": (
        "Bundle whose tokens the site head is fitted on; without, the starter.",
        "現場ヘッドの学習に使うバンドル（省略時は starter）。",
    ),
    "opt_label_check_out": ("Write the list to this CSV file.", "一覧を CSV に保存。"),
    # Shown to raters in Label Studio.
    "label_studio_audio": ("What does the voice show?", "声は何を表していますか"),
    "label_studio_video": (
        "What do the voice and the face show?",
        "声と表情は何を表していますか",
    ),
    "label_studio_version": ("Guideline {version}", "ガイドライン {version}"),
    # Export.
    "label_exported": (
        "{clips} clips ({gold} of them gold) in {path}; project {project}, guideline {guideline}",
        "クリップ {clips} 件（うち正解付き {gold} 件）を {path} に書き出しました。"
        "プロジェクト {project}、ガイドライン {guideline}",
    ),
    "label_decrypted": (
        "{count} encrypted recordings lie in {path} in plain until edge label import --close",
        "暗号化された録音・録画 {count} 件の復号済みコピーが {path} にあります。"
        "edge label import --close で削除されます",
    ),
    "label_out_exists": (
        "{path} is there already; name a new folder with --out",
        "{path} はすでに存在します。--out に新しいフォルダーを指定してください",
    ),
    "label_no_clip": (
        "no clip of {folder} is left to label; see the lines above",
        "{folder} にラベルを付けられるクリップがありません。上の行を参照してください",
    ),
    "label_no_consent": (
        "left out: {count} of {of} clips, whose person did not agree that raters hear and see them "
        "(scope label)",
        "除外：{of} 件中 {count} 件（評価者の視聴（label）への同意がない人のクリップ）",
    ),
    "label_unplayed": (
        "left out: {count} files that hold no sound or film that can be played",
        "除外：再生できる音声・動画を含まないファイル {count} 件",
    ),
    "label_same_sound": (
        "left out: {name} is the same file as {first}",
        "除外：{name} は {first} と同じ内容です",
    ),
    "label_not_there": (
        "{where}: {name} is not among the recordings; give the list that was made from them",
        "{where}：{name} は録音・録画の中にありません。同じフォルダーから作成した一覧を指定してください",
    ),
    "label_list_empty": (
        "{path} lists no clips; write one with edge calibrate --label",
        "{path} にクリップがありません。edge calibrate --label で作成してください",
    ),
    "label_guideline": (
        "{path} cannot be read as a guideline ({why}); give a text file in UTF-8",
        "{path} をガイドラインとして読み取れません（{why}）。UTF-8 のテキストファイルを指定してください",
    ),
    "label_guideline_size": (
        "{path} is empty or longer than {most} kB; give the text that raters are to read",
        "{path} が空か、{most} kB を超えています。評価者が読む文章を指定してください",
    ),
    # Import.
    "label_export_unreadable": (
        "{path} cannot be read ({why}); export it again from Label Studio as JSON",
        "{path} を読み取れません（{why}）。Label Studio から JSON 形式でもう一度出力してください",
    ),
    "label_export_form": (
        "{path}: task {number} is not of the form JSON; choose JSON, not JSON-MIN or CSV, in Label Studio",
        "{path}：タスク {number} が JSON 形式ではありません。"
        "Label Studio の出力形式に（JSON-MIN や CSV ではなく）JSON を選んでください",
    ),
    "label_export_field": (
        "{path}: task {number}: {where} is missing or not what Label Studio writes; export it again as JSON",
        "{path}：タスク {number} の {where} がないか、形式が異なります。"
        "Label Studio から JSON 形式でもう一度出力してください",
    ),
    "label_export_empty": (
        "{path} holds no tasks; export the project that edge label export made",
        "{path} にタスクがありません。edge label export で作成したプロジェクトを出力してください",
    ),
    "label_none_given": (
        "{path} holds {count} tasks and no annotations; label some first",
        "{path} のタスク {count} 件にはアノテーションがありません。先にラベルを付けてください",
    ),
    "label_foreign": (
        "{path}: task {number} is not from edge label export; export the project that was made from it",
        "{path}：タスク {number} は edge label export によるものではありません。"
        "それで作成したプロジェクトを出力してください",
    ),
    "label_two_projects": (
        "{path} holds tasks of two projects ({one}, {other}); export each by itself",
        "{path} に 2 つのプロジェクト（{one}、{other}）のタスクがあります。別々に出力してください",
    ),
    "label_other_project": (
        "{path} is of project {project}, {folder} of {other}; give the folder that belongs to it",
        "{path} のプロジェクトは {project}、{folder} は {other} です。対応するフォルダーを指定してください",
    ),
    "label_other_labels": (
        "{path} was labelled with other labels than {out}; name another file with --out",
        "{path} のラベルは {out} と異なります。--out に別のファイルを指定してください",
    ),
    "label_other_bundle": (
        "{path} was made for another bundle than {out}; name another file with --out",
        "{path} は {out} と別のバンドル用です。--out に別のファイルを指定してください",
    ),
    "label_several": (
        "{path}: task {number}, annotation {id}: more than one label; one is wanted",
        "{path}：タスク {number}、アノテーション {id} にラベルが複数あります。1 つだけ選んでください",
    ),
    "label_unknown": (
        "{path}: task {number}, annotation {id}: a label that is none of {known}; "
        "keep the configuration of edge label export",
        "{path}：タスク {number}、アノテーション {id} のラベルは {known} のどれでもありません。"
        "edge label export の設定を変更せずに使ってください",
    ),
    "label_all_gone": (
        "{path}: none of its clips is among the recordings of {folder}; give the folder it was made from",
        "{path} のクリップは {folder} に 1 件もありません。書き出し元のフォルダーを指定してください",
    ),
    "label_gone": (
        "left out: {count} annotations of clips that are no longer among the recordings",
        "除外：録音・録画の中にもうないクリップのアノテーション {count} 件",
    ),
    "label_adjudicated_unknown": (
        "{where}: the emotion is none of {known}; write one of these",
        "{where}：emotion が {known} のどれでもありません。このいずれかを記入してください",
    ),
    "label_rater_name": (
        "a pseudonym of letters, digits, - and _ is wanted, not a name or an address",
        "氏名やアドレスではなく、英数字・-・_ の仮名 ID を指定してください",
    ),
    "label_imported": (
        "{annotations} annotations: {new} new, {replaced} replaced, {skipped} skipped by raters",
        "アノテーション {annotations} 件：新規 {new}、置き換え {replaced}、評価者がスキップ {skipped}",
    ),
    "label_labelled": (
        "{labelled} of {judged} clips have a label; {ties} have no majority: edge label agree --disputed "
        "lists them",
        "{judged} 件中 {labelled} 件のラベルが決まりました。多数決で決まらない {ties} 件は "
        "edge label agree --disputed で一覧にできます",
    ),
    "label_changed": (
        "{count} clips had another label before; where no vote gave it, it is kept in emotion_before",
        "{count} 件のラベルが変わりました。投票によらない以前のラベルは emotion_before に残します",
    ),
    "label_close_none": (
        "{folder} was not made by edge label export; nothing was deleted",
        "{folder} は edge label export のフォルダーではありません。何も削除していません",
    ),
    "label_closed": (
        "{count} copies of clips in {path} were deleted",
        "{path} のクリップのコピー {count} 件を削除しました",
    ),
}
