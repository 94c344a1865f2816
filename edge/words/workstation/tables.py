"""What is wrong with tables of labels and the corpora they describe: a part of the table in edge/words."""

from __future__ import annotations

TABLES: dict[str, tuple[str, str]] = {
    # Any table.
    "table_line": ("{table}, line {line}", "{table} の {line} 行目"),
    "table_unreadable": (
        "{table} cannot be read ({why}); check the path and its permissions",
        "{table} を読み取れません（{why}）。パスとアクセス権を確認してください",
    ),
    "table_workbook": (
        "{table} is an Excel workbook, not CSV; save it as CSV UTF-8",
        "{table} は CSV ではなく Excel ブックです。「CSV UTF-8」形式で保存してください",
    ),
    "table_encoding": (
        "{where} is neither UTF-8 nor Shift-JIS; save it as UTF-8 CSV",
        "{where}の文字コードが UTF-8 でも Shift-JIS でもありません。UTF-8 の CSV で保存してください",
    ),
    "table_nul": (
        "{where} holds NUL characters: the file is damaged or no text; save it as UTF-8 CSV",
        "{where}に NUL 文字があります。ファイルが壊れているか、テキストではありません。"
        "UTF-8 の CSV で保存してください",
    ),
    "table_empty": (
        "{table} is empty; write a header with the columns {columns}",
        "{table} が空です。見出し行に列 {columns} を記入してください",
    ),
    "table_columns": (
        "{table} lacks the column {missing}; add it to the header, which reads: {there}",
        "{table} に列 {missing} がありません。見出し行に追加してください（現在の見出し：{there}）",
    ),
    "table_same_column": (
        "{table} names the column {name} twice; rename or remove one of the two",
        "{table} に同じ名前の列 {name} が 2 つあります。一方の名前を変えるか、削除してください",
    ),
    "table_quote": (
        '{where}: a quote (") opens a cell here and does not close it; '
        "close it, or write two for one inside a cell",
        '{where}：ここで始まる引用符 (") がセルの終わりで閉じられていません。閉じるか、'
        "セル内の引用符は 2 つ重ねてください",
    ),
    "table_swallowed": (
        '{where}: a quote (") opens here and swallows line {line}, a row of its own; '
        "close it, or take the line breaks out of that cell",
        '{where}：ここで始まる引用符 (") に {line} 行目の行全体が含まれています。引用符を閉じるか、'
        "そのセルの改行を取り除いてください",
    ),
    "table_cell": (
        "{where} cannot be read ({why}); mend this row",
        "{where}を読み取れません（{why}）。この行を修正してください",
    ),
    "table_long": (
        '{where} has {found} cells under {width} columns; put a cell that holds "{mark}" in double quotes',
        "{where}は {width} 列に対してセルが {found} 個あります。"
        "「{mark}」を含むセルは二重引用符で囲んでください",
    ),
    "table_short": (
        "{where} has {found} cells under {width} columns; add what is missing",
        "{where}は {width} 列に対してセルが {found} 個しかありません。不足分を記入してください",
    ),
    "table_tabs": (
        "{where} has {found} cells, not {width}: expected text, labels and id, separated by tabs; "
        "mend this row",
        "{where}のセルは {width} 個ではなく {found} 個です。文、ラベル、ID をタブで区切ってください",
    ),
    "table_number": (
        "{where}: {column} '{said}' is no number from {low:g} to {high:g}; correct it",
        "{where}：{column} の「{said}」は {low:g} ～ {high:g} の数値ではありません。修正してください",
    ),
    "table_whole": (
        "{where}: '{said}' is no whole number from 0 to {high}; correct it",
        "{where}：「{said}」は 0 ～ {high} の整数ではありません。修正してください",
    ),
    "table_no_name": (
        "{where}: {column} is empty; name the file there",
        "{where}：{column} が空です。ファイル名を記入してください",
    ),
    "table_outside": (
        "{where}: {name} lies outside {folder}; put the file into the folder",
        "{where}：{name} は {folder} の外にあります。ファイルをこのフォルダーに入れてください",
    ),
    "table_absolute": (
        "{where}: {name} does not exist; name the file by its path below {folder}",
        "{where}：{name} がありません。{folder} からの相対パスで指定してください",
    ),
    "table_no_file": (
        "{where}: {name} does not exist in {folder}; correct the name or remove the row",
        "{where}：{name} が {folder} にありません。名前を修正するか、行を削除してください",
    ),
    "table_twice": (
        "{where}: {name} is listed in line {line} already; remove one of the two rows",
        "{where}：{name} はすでに {line} 行目にあります。一方の行を削除してください",
    ),
    "table_two_labels": (
        "{where}: {name} is {said} here and {before} in line {line}; keep the right one",
        "{where}：{name} はここでは {said}、{line} 行目では {before} です。正しい方だけを残してください",
    ),
    # Labelled folders.
    "emotion_unknown": (
        "{where}: unknown emotion '{name}'; use {known} ({dropped} are left out)",
        "{where}：感情「{name}」は使用できません。{known} のいずれかを使用してください（{dropped} は対象外）",
    ),
    "folder_no_table": (
        "{folder} holds no metadata.csv; write one with the columns file_name, emotion and, if known, "
        "speaker, transcript, session",
        "{folder} に metadata.csv がありません。列 file_name、emotion と、わかれば speaker、transcript、"
        "session を持つ表を作成してください",
    ),
    "folder_no_clip": (
        "{table} lists no usable clip; add rows with file_name and emotion",
        "{table} に使用できる行がありません。file_name と emotion を記入した行を追加してください",
    ),
    "speaker_alike": (
        "{where}: the speaker '{name}' is '{before}' in line {line} but for case, width or spaces; "
        "write both alike, or give two people two names",
        "{where}：話者「{name}」は {line} 行目の「{before}」と大文字・小文字、全角・半角、"
        "空白だけが違います。"
        "同じ人なら表記を統一し、別の人なら別の名前にしてください",
    ),
    "guess_wrong": (
        "{where}: a pseudo-label needs a weight and {columns} that sum to 1 and are highest for its emotion; "
        "let edge pseudo write the table again",
        "{where}：疑似ラベルには weight と、合計が 1 でその感情が最大となる {columns} が必要です。"
        "edge pseudo で表を作り直してください",
    ),
    "guess_judged": (
        "{count} of {of} examples have pseudo-labels ({first} ...): a machine agreeing with a machine is no "
        "score; judge on clips that people labelled",
        "{of} 件中 {count} 件が疑似ラベルです（{first} など）。機械の判定どうしの一致は評価になりません。"
        "人がラベルを付けたデータで評価してください",
    ),
    "speakers_unknown": (
        "{count} of {of} rows do not say who speaks, and each counts as a person of its own: "
        "the intervals are too narrow and no voice is known; fill the column speaker",
        "{of} 行中 {count} 行に話者の記載がなく、1 行を 1 人として扱います。"
        "信頼区間は実際より狭くなり、声の特徴も考慮されません。列 speaker を記入してください",
    ),
    # Labels; their own words are in the manifest.
    "label_facts_strange": (
        "label_facts knows {names}, which labels does not list",
        "label_facts の {names} は labels にありません",
    ),
    "labels_few": (
        "a recipe needs two labels or more, and 12 at most; it has {count}",
        "ラベルは 2 個以上 12 個以下にしてください（現在 {count} 個）",
    ),
    "label_name": (
        "'{name}' cannot be a label's name; use a short name without ; and other than cannot_tell",
        "「{name}」はラベル名に使用できません。「;」を含まない、cannot_tell 以外の名前にしてください",
    ),
    "label_shared": (
        "'{said}' means {one} as well as {other}; give it to one of them",
        "「{said}」が {one} と {other} の両方に指定されています。どちらか一方だけに指定してください",
    ),
    "label_event_unknown": (
        "voting.events names {names}, which is no label; use {known}",
        "voting.events の {names} はラベルにありません。{known} のいずれかを指定してください",
    ),
    "corpus_label_left_out": (
        "{folder}: {count} of {of} examples are left out, for none of the labels stands for what they show "
        "({parts}); give the label that should a synonym",
        "{folder}：{of} 件中 {count} 件は、対応するラベルがないため使用しません（{parts}）。"
        "使用する場合は、対応するラベルの synonyms に追加してください",
    ),
}
