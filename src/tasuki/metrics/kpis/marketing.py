"""KPIs of MAL, MQL and SGL."""

from __future__ import annotations

from tasuki.metrics.formulas import Count, Items, Kpi, Mean, Rate, Unit, Words

KPIS = (
    Kpi(
        "mal.created", "MAL",
        Words("MALs created", "MAL獲得数"),
        Words("Leads that marketing took in.", "マーケティングが受け入れたリードの数。"),
        Words("leads that enter MAL for the first time", "初めてMALに入ったリードの数"),
        Unit.COUNT, "lead", Count(Items("entries", "MAL", where="pass = 1")), accounts=True,
    ),
    Kpi(
        "mal.quality", "MAL",
        Words("MAL quality score", "MALの品質スコア"),
        Words("How well new leads fit, whatever they are interested in.", "関心の強さとは別に、新しいリードが対象像にどれだけ合うか。"),
        Words(
            "mean score of fit at the entry into MAL (the main score where there is none of fit)",
            "MALに入った時点の属性スコアの平均（属性スコアがなければ主スコア）",
        ),
        Unit.POINTS, "entry", Mean(Items("entries", "MAL"), "quality"),
    ),
    Kpi(
        "mal.form_completion", "MAL",
        Words("Form completion rate", "フォーム完了率"),
        Words("Of those who looked at a form, who sent it.", "フォームを見た人のうち、送信した人の割合。"),
        Words(
            "visits to a form (lead, form, day) that end in sending it within 24 hours ÷ visits to a form",
            "フォームの訪問（リード・フォーム・日ごと）のうち24時間以内に送信に至った数 ÷ フォームの訪問数",
        ),
        Unit.RATE, "visit", Rate(Items("forms"), hit="done"),
    ),
    Kpi(
        "mql.promotion", "MQL",
        Words("Promotion rate MAL → MQL", "昇格率（MAL→MQL）"),
        Words("Of the MALs, who became an MQL.", "MALのうちMQLになった割合。"),
        Words("entries into MAL that reach MQL on the same run ÷ entries into MAL, mature ones", "MALへの移行のうちMQLに達した数 ÷ MALへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "MAL"), reaches="MQL"), accounts=True,
    ),
    Kpi(
        "mql.engagement", "MQL",
        Words("Engagement score", "エンゲージメントスコア"),
        Words("How much interest MQLs had shown when they became one.", "MQLになった時点で、どれだけ関心を示していたか。"),
        Words("mean score of behaviour at the entry into MQL", "MQLに入った時点の行動スコアの平均"),
        Unit.POINTS, "entry", Mean(Items("entries", "MQL"), "engagement"),
    ),
    Kpi(
        "mql.content", "MQL",
        Words("Content consumption", "コンテンツ消費数"),
        Words("How many contents an MQL had consumed before it became one.", "MQLになるまでに触れたコンテンツの数。"),
        Words("mean number of activities with content in the 90 days up to the entry into MQL", "MQLに入るまでの90日間の、コンテンツに触れた行動の平均回数"),
        Unit.TIMES, "entry", Mean(Items("entries", "MQL"), "contents"),
    ),
    Kpi(
        "sgl.gained", "SGL",
        Words("SGLs gained", "SGL獲得数"),
        Words("Leads that sales found by itself: calls, referrals.", "テレアポや紹介など、営業が自ら得たリードの数。"),
        Words("leads that enter SGL for the first time", "初めてSGLに入ったリードの数"),
        Unit.COUNT, "lead", Count(Items("entries", "SGL", where="pass = 1")), accounts=True,
    ),
    Kpi(
        "sgl.quality", "SGL",
        Words("SGL quality rating", "SGLの質評価"),
        Words("How well the leads fit that sales found.", "営業が得たリードが対象像にどれだけ合うか。"),
        Words("mean score of fit at the entry into SGL (the main score where there is none of fit)", "SGLに入った時点の属性スコアの平均（属性スコアがなければ主スコア）"),
        Unit.POINTS, "entry", Mean(Items("entries", "SGL"), "quality"),
    ),
    Kpi(
        "sgl.deal_rate", "SGL",
        Words("Rate SGL → deal", "商談化率（SGL→商談）"),
        Words("Of the SGLs, from which a deal came.", "SGLのうち商談に進んだ割合。"),
        Words("entries into SGL that reach OPPORTUNITY on the same run ÷ entries into SGL, mature ones", "SGLへの移行のうち商談に達した数 ÷ SGLへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "SGL"), reaches="OPPORTUNITY"), accounts=True,
    ),
)  # fmt: skip
