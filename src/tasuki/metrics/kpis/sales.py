"""KPIs of SAL, SQL and deals, and of all handoffs."""

from __future__ import annotations

from tasuki.metrics.formulas import Count, Items, Kpi, Money, Quantile, Rate, Unit, Words

HANDED = Items("handed", "MQL")
GIVEN = Items("handed")
ENDED = Items("handed", where="outcome <> 'open'")
WON = Items("worth", where="state = 'won'", time="closed_")
CLOSED = Items("worth", where="state <> 'open'", time="closed_")

KPIS = (
    Kpi(
        "sal.acceptance", "SAL",
        Words("Acceptance rate MQL → SAL", "受け入れ率（MQL→SAL）"),
        Words("Of the MQLs handed over, which sales accepted. SGLs never count here.", "引き渡したMQLのうち、営業が受け入れた割合。SGLは数えない。"),
        Words("entries into MQL that reach SAL on the same run ÷ entries into MQL, mature ones", "MQLへの移行のうちSALに達した数 ÷ MQLへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "MQL"), reaches="SAL"), accounts=True,
    ),
    Kpi(
        "sal.follow_up", "SAL",
        Words("Follow-up time, median (business hours)", "フォローアップ時間・中央値（営業時間）"),
        Words("Working time from the handoff of an MQL to the first call, meeting, message or answer.", "MQLの引き渡しから最初の電話・面談・メッセージ・回答までの営業時間。"),
        Words("median of the working time to the first touch, handoffs that had one", "最初の接触までの営業時間の中央値（接触のあった引き渡し）"),
        Unit.HOURS, "handoff", Quantile(HANDED, "touch_business_hours", 0.5),
    ),
    Kpi(
        "sal.follow_up_90", "SAL",
        Words("Follow-up time, 90 % (business hours)", "フォローアップ時間・90%点（営業時間）"),
        Words("Nine of ten handoffs of MQLs were followed up within so much working time.", "MQLの引き渡しの9割が、この営業時間以内に接触された。"),
        Words("90 % quantile of the working time to the first touch, handoffs that had one", "最初の接触までの営業時間の90%点（接触のあった引き渡し）"),
        Unit.HOURS, "handoff", Quantile(HANDED, "touch_business_hours", 0.9),
    ),
    Kpi(
        "sal.follow_up_wall", "SAL",
        Words("Follow-up time, median (clock on the wall)", "フォローアップ時間・中央値（実時間）"),
        Words("The same as the lead feels it: nights and weekends count.", "リードから見た待ち時間。夜間と週末も数える。"),
        Words("median of the time to the first touch, handoffs that had one", "最初の接触までの実時間の中央値（接触のあった引き渡し）"),
        Unit.HOURS, "handoff", Quantile(HANDED, "touch_hours", 0.5),
    ),
    Kpi(
        "sal.follow_up_wall_90", "SAL",
        Words("Follow-up time, 90 % (clock on the wall)", "フォローアップ時間・90%点（実時間）"),
        Words("Nine of ten leads waited no longer than that.", "10件のうち9件の待ち時間は、これ以内。"),
        Words("90 % quantile of the time to the first touch, handoffs that had one", "最初の接触までの実時間の90%点（接触のあった引き渡し）"),
        Unit.HOURS, "handoff", Quantile(HANDED, "touch_hours", 0.9),
    ),
    Kpi(
        "sal.in_time", "SAL",
        Words("Answered inside the service level", "対応期限内の割合"),
        Words("Of the handoffs of MQLs, which were answered by their due time.", "MQLの引き渡しのうち、期限までに回答された割合。"),
        Words("handoffs accepted or returned by their due time ÷ handoffs of which that is known", "期限までに受け入れか差し戻しとなった数 ÷ 結果のわかる引き渡し数"),
        Unit.RATE, "handoff", Rate(HANDED, hit="met"),
    ),
    Kpi(
        "sal.qualification", "SAL",
        Words("Rate SAL → SQL", "SQL化率（SAL→SQL）"),
        Words("Of the SALs, which both sides sealed as SQL.", "SALのうちSQLになった割合。"),
        Words("entries into SAL that reach SQL on the same run ÷ entries into SAL, mature ones", "SALへの移行のうちSQLに達した数 ÷ SALへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "SAL"), reaches="SQL"), accounts=True,
    ),
    Kpi(
        "sal.progress", "SAL",
        Words("Progress rate SAL → deal", "商談進捗率（SAL→商談）"),
        Words("Of the SALs, which came as far as a deal.", "SALのうち具体的な商談に進んだ割合。"),
        Words("entries into SAL that reach OPPORTUNITY on the same run ÷ entries into SAL, mature ones", "SALへの移行のうち商談に達した数 ÷ SALへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "SAL"), reaches="OPPORTUNITY"), accounts=True,
    ),
    Kpi(
        "sql.deal_rate", "SQL",
        Words("Deal rate SQL → deal", "商談成立率（SQL→商談）"),
        Words("Of the SQLs, from which a deal came.", "SQLのうち商談が成立した割合。"),
        Words("entries into SQL that reach OPPORTUNITY on the same run ÷ entries into SQL, mature ones", "SQLへの移行のうち商談に達した数 ÷ SQLへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "SQL"), reaches="OPPORTUNITY"), accounts=True,
    ),
    Kpi(
        "sql.conversion", "SQL",
        Words("Conversion to customer SQL → won", "転換率（SQL→受注）"),
        Words("Of the SQLs, which became customers.", "SQLのうち実際の購入者になった割合。"),
        Words("entries into SQL that reach WON on the same run ÷ entries into SQL, mature ones", "SQLへの移行のうち受注に達した数 ÷ SQLへの移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", "SQL"), reaches="WON"), accounts=True,
    ),
    Kpi(
        "won.average", "WON",
        Words("Average deal value", "平均受注額"),
        Words("What a won deal brings.", "受注1件あたりの金額。"),
        Words("mean amount of the deals won, each currency for itself", "受注した商談の平均金額（通貨ごと）"),
        Unit.MONEY, "deal", Money(WON, "mean"),
    ),
    Kpi(
        "won.amount", "WON",
        Words("Total value won", "受注総額"),
        Words("What the deals won bring together.", "受注した商談の合計金額。"),
        Words("sum of the amounts of the deals won, each currency for itself", "受注した商談の金額の合計（通貨ごと）"),
        Unit.MONEY, "deal", Money(WON, "sum"),
    ),
    Kpi(
        "won.deals", "WON",
        Words("Deals won", "受注件数"),
        Words(
            "Deals that were won; not always as many as leads won: a lead may win two, and a deal from another program counts, whichever stage its lead is in.",
            "受注した商談の数。受注したリードの数とは違うことがある。1人のリードが2件受注することも、他のシステムの商談がリードのステージによらず数えられることもあるため。",
        ),
        Words("deals won, by the time of closing", "受注した商談の数（受注日）"),
        Unit.COUNT, "deal", Count(WON), accounts=True,
    ),
    Kpi(
        "won.rate", "WON",
        Words("Win rate", "受注率"),
        Words("Of the deals that ended, which were won.", "終わった商談のうち受注した割合。"),
        Words("deals won ÷ deals won or lost, by the time of closing", "受注数 ÷ 受注数と失注数の合計（クローズ日）"),
        Unit.RATE, "deal", Rate(CLOSED, hit="state = 'won'"),
    ),
    Kpi(
        "won.cycle", "WON",
        Words("Sales cycle, median (days)", "商談期間・中央値（日）"),
        Words("How long a deal that is won takes.", "受注した商談にかかった日数。"),
        Words("median of the days from opening to winning, deals won", "商談開始から受注までの日数の中央値"),
        Unit.DAYS, "deal", Quantile(WON, "days", 0.5),
    ),
    Kpi(
        "opportunity.opened", "OPPORTUNITY",
        Words("Deals opened", "新規商談数"),
        Words("Deals that were opened.", "開始した商談の数。"),
        Words("deals, by the time of opening", "商談の数（開始日）"),
        Unit.COUNT, "deal", Count(Items("worth", time="opened_")), accounts=True,
    ),
    Kpi(
        "opportunity.lost_amount", "OPPORTUNITY",
        Words("Total value lost", "失注総額"),
        Words("What the deals lost would have brought.", "失注した商談の合計金額。"),
        Words("sum of the amounts of the deals lost, each currency for itself", "失注した商談の金額の合計（通貨ごと）"),
        Unit.MONEY, "deal", Money(Items("worth", where="state = 'lost'", time="closed_"), "sum"),
    ),
    Kpi(
        "opportunity.open_amount", "OPPORTUNITY",
        Words("Value of open deals", "進行中の商談総額"),
        Words("What the deals that are open now would bring, by when they were opened.", "いま進行中の商談の合計金額（開始日別）。"),
        Words("sum of the amounts of the deals open at the time looked at, each currency for itself", "時点で進行中の商談の金額の合計（通貨ごと）"),
        Unit.MONEY, "deal", Money(Items("worth", where="state = 'open'", time="opened_"), "sum"),
    ),
    Kpi(
        "handoffs.given", "",
        Words("Handoffs", "引き渡し件数"),
        Words("Leads handed over, of every stage; by rep, to whom.", "引き渡した件数（全ステージ）。担当者別に見られる。"),
        Words("handoffs of every stage, by the time of the handoff", "全ステージの引き渡しの数（引き渡し日）"),
        Unit.COUNT, "handoff", Count(GIVEN),
    ),
    Kpi(
        "handoffs.waiting", "",
        Words("Handoffs that wait for an answer", "回答待ちの引き渡し"),
        Words("Leads handed over that nobody has answered yet.", "まだ回答のない引き渡しの数。"),
        Words("handoffs open at the time looked at, by the time of the handoff", "時点で未回答の引き渡しの数（引き渡し日）"),
        Unit.COUNT, "handoff", Count(Items("handed", where="outcome = 'open'")),
    ),
    Kpi(
        "handoffs.touched", "",
        Words("Handoffs that were touched", "接触した引き渡しの割合"),
        Words("Of all handoffs that ended, in which somebody turned to the lead.", "終わった引き渡しのうち、リードに接触したものの割合。"),
        Words("handoffs with a first touch ÷ handoffs that ended", "最初の接触のあった数 ÷ 終わった引き渡し数"),
        Unit.RATE, "handoff", Rate(ENDED, hit="touch_hours IS NOT NULL"),
    ),
    Kpi(
        "handoffs.accepted", "",
        Words("Handoffs that were accepted", "引き渡しの受け入れ率"),
        Words("Of all handoffs that ended, which were accepted: passing over the hard ones helps nobody.", "終わった引き渡しのうち、受け入れたものの割合。難しいものを避けても上がらない。"),
        Words("handoffs accepted ÷ handoffs that ended", "受け入れた数 ÷ 終わった引き渡し数"),
        Unit.RATE, "handoff", Rate(ENDED, hit="outcome = 'accepted'"),
    ),
    Kpi(
        "handoffs.in_time", "",
        Words("Handoffs answered in time", "引き渡しの期限内の割合"),
        Words("Of the handoffs of every stage, which were answered by their due time.", "全ステージの引き渡しのうち、期限までに回答された割合。"),
        Words("handoffs accepted or returned by their due time ÷ handoffs of which that is known", "期限までに受け入れか差し戻しとなった数 ÷ 結果のわかる引き渡し数"),
        Unit.RATE, "handoff", Rate(GIVEN, hit="met"),
    ),
    Kpi(
        "handoffs.follow_up", "",
        Words("First touch, median (business hours)", "最初の接触まで・中央値（営業時間）"),
        Words("Working time from the handoff to the first call, meeting, message or answer, of every stage.", "引き渡しから最初の電話・面談・メッセージ・回答までの営業時間（全ステージ）。"),
        Words("median of the working time to the first touch, handoffs that had one", "最初の接触までの営業時間の中央値（接触のあった引き渡し）"),
        Unit.HOURS, "handoff", Quantile(GIVEN, "touch_business_hours", 0.5),
    ),
)  # fmt: skip
