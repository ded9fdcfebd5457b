// Draws the curve of a lead's scores. All numbers and words come with the page; nothing is computed here but places on the paper.
import { resolved } from "./colours.js";

const LINES = ["--indigo", "--s3", "--s4", "--s9", "--s5"];
const DAY = 86_400_000, LABEL = 110;
const language = document.documentElement.lang || "en";

/** For each move the row its word stands in above the drawing, -1 where there is no room: then the colour of its line says it. */
function placed(moves, begin, span, width) {
  const ends = [-Infinity, -Infinity, -Infinity];
  return moves.map((one) => {
    const half = [...one.stage].reduce((sum, letter) => sum + (letter > "\u2fff" ? 11 : 7), 0) / 2 + 3;
    const middle = ((one.ms - begin) / span) * width;
    const row = ends.findIndex((end) => middle - half > end);
    if (row >= 0) ends[row] = middle + half;
    return row;
  });
}

/** What stands under the paper, as the page writes it: `30 Nov 22:03`, `11月30日 22:03`; of more than three days only the day. */
function moments(zone, span) {
  const isLong = span >= 3 * DAY, hour = isLong ? {} : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const parts = new Intl.DateTimeFormat(language === "ja" ? "ja" : "en-GB", {
    month: language === "ja" ? "numeric" : "short", day: "numeric", timeZone: zone, ...hour,
  });
  return (ms) => {
    const of = Object.fromEntries(parts.formatToParts(ms).map((part) => [part.type, part.value]));
    const day = language === "ja" ? `${of.month}月${of.day}日` : `${of.day} ${of.month.slice(0, 3)}`;
    return isLong ? day : `${day} ${of.hour}:${of.minute}`;
  };
}

function option(drawing, still, width) {
  const ink = resolved("--ink-soft"), line = resolved("--line"), paper = resolved("--paper");
  const times = drawing.lines.flatMap((one) => one.points.map((point) => point[0]));
  const span = Math.max(...times) - Math.min(...times);
  const moment = moments(drawing.zone, span);
  const rows = placed(drawing.moves, Math.min(...times), Math.max(span, 1), width);
  const moves = drawing.moves.map((one, place) => ({
    xAxis: one.ms, lineStyle: { color: resolved(one.colour), width: 1.5, type: "solid" },
    label: { show: rows[place] >= 0, distance: 3 + 12 * Math.max(rows[place], 0), formatter: one.stage, color: resolved(one.colour), fontSize: 11 },
  }));
  const versions = drawing.versions.map((one) => ({
    xAxis: one.ms, lineStyle: { color: ink, type: "dashed", width: 1 }, label: { formatter: one.text, color: ink, fontSize: 10, position: "insideEndBottom" },
  }));
  const series = drawing.lines.map((one, place) => ({
    id: one.id, name: one.name, type: "line", data: one.points, showSymbol: false, symbol: "none", silent: true,
    lineStyle: { width: place ? 1.5 : 2.5, color: resolved(LINES[place % LINES.length]), type: place > 1 ? "dashed" : "solid" },
    itemStyle: { color: resolved(LINES[place % LINES.length]) },
    markLine: place ? undefined : { silent: true, symbol: "none", animation: false, data: [...moves, ...versions] },
  }));
  const order = drawing.lines.map((one) => one.id);
  series.push({
    id: "dots", name: "", type: "scatter", z: 5, symbolSize: 9,
    data: drawing.dots.map((dot) => ({
      value: [dot.ms, dot.value],
      itemStyle: {
        color: dot.minus ? paper : resolved(LINES[Math.max(order.indexOf(dot.score), 0) % LINES.length]),
        borderColor: dot.minus ? resolved("--vermilion") : paper, borderWidth: dot.minus ? 2 : 1,
      },
    })),
    emphasis: { scale: 1.6 },
  });
  return {
    animation: !still, animationDuration: 200, animationDurationUpdate: 0,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 8, right: 28, top: 66, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 18, itemHeight: 8, icon: "rect", textStyle: { color: ink, fontSize: 12 }, data: drawing.lines.map((one) => one.name) },
    xAxis: {
      type: "time", axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
      splitNumber: Math.max(1, Math.min(6, Math.floor(width / LABEL))), minInterval: span < 3 * DAY ? 60_000 : DAY,
      axisLabel: { color: ink, hideOverlap: true, showMaxLabel: false, showMinLabel: false, formatter: moment },
      min: "dataMin", max: "dataMax",
    },
    yAxis: { type: "value", axisLabel: { color: ink }, splitLine: { lineStyle: { color: line } }, splitNumber: 4 },
    tooltip: {
      trigger: "item", renderMode: "richText", confine: true, backgroundColor: paper, borderColor: resolved("--line-strong"),
      textStyle: { color: resolved("--ink"), fontSize: 12 },
      formatter: (one) => (one.seriesId === "dots" ? said(drawing.dots[one.dataIndex]) : ""),
    },
    series,
  };
}

const said = (dot) => [`${dot.when}  ${dot.text}`, dot.points].join("\n");

/** What one points at, in words below the drawing: more than a bubble holds, and read aloud. */
function tell(place, dot) {
  const [rule, points] = [document.createElement("b"), document.createElement("span")];
  rule.textContent = dot.text;
  points.className = "points";
  points.textContent = dot.points;
  place.replaceChildren(`${dot.when}  `, rule, "  ", points);
  if (dot.because) place.append(document.createElement("br"), dot.because);
}

function drive(holder, chart, drawing, place) {
  let at = drawing.dots.length;
  const go = (to) => {
    if (!drawing.dots.length) return;
    chart.dispatchAction({ type: "downplay", seriesId: "dots" });
    at = Math.min(Math.max(to, 0), drawing.dots.length - 1);
    chart.dispatchAction({ type: "highlight", seriesId: "dots", dataIndex: at });
    chart.dispatchAction({ type: "showTip", seriesIndex: drawing.lines.length, dataIndex: at });
    tell(place, drawing.dots[at]);
  };
  holder.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: drawing.dots.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  for (const kind of ["mouseover", "click"]) {
    chart.on(kind, { seriesId: "dots" }, (one) => {
      at = one.dataIndex;
      tell(place, drawing.dots[at]);
    });
  }
}

/** Draw the curve of a holder, once; again when the page turns dark or light, or changes its width. */
export function draw(holder) {
  if (holder.dataset.drawn !== undefined || !window.echarts) return;
  holder.dataset.drawn = "";
  const section = holder.closest("section");
  const drawing = JSON.parse(section.querySelector('script[type="application/json"]').textContent);
  const chart = window.echarts.init(holder, null, { renderer: "svg" });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const paint = () => chart.setOption(option(drawing, still, holder.clientWidth - 60), { notMerge: true });
  paint();
  drive(holder, chart, drawing, section.querySelector(".curve-said"));
  const watched = new ResizeObserver(() => (holder.isConnected ? (chart.resize(), paint()) : end()));
  const turned = matchMedia("(prefers-color-scheme: dark)");
  const end = () => {
    watched.disconnect();
    turned.removeEventListener("change", paint);
    chart.dispose();
  };
  watched.observe(holder);
  turned.addEventListener("change", paint);
}
