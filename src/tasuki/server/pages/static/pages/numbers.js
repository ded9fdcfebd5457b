// Draws figures as lines or bars. All numbers and words come with the page; the table below each drawing says the same.
import { resolved } from "./colours.js";
import "./picture.js";

function option(drawing, still) {
  const ink = resolved("--ink-soft"), line = resolved("--line"), paper = resolved("--paper");
  const number = new Intl.NumberFormat(document.documentElement.lang || "en", { notation: "compact", maximumFractionDigits: 1 });
  const space = document.documentElement.lang === "ja" ? "" : " "; // 60 % and 60%
  const unit = drawing.unit ? space + drawing.unit : "", young = new Set(drawing.young);
  const series = drawing.lines.map((one, place) => ({
    name: one.name, type: drawing.bars ? "bar" : "line", connectNulls: false, barMaxWidth: 36, symbolSize: 6,
    data: one.values.map((value, at) => (young.has(at) ? { value, itemStyle: { opacity: 0.45 } } : value)),
    lineStyle: { width: 2 }, itemStyle: { color: resolved(one.colour) },
    markLine: place === 0 && drawing.target !== undefined ? target(drawing, number, unit) : undefined,
  }));
  const highest = Math.max(0, ...drawing.lines.flatMap((one) => one.values.filter((value) => value !== null)));
  return {
    animation: !still, animationDuration: 200, animationDurationUpdate: 0,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 8, right: 16, top: drawing.lines.length > 1 ? 56 : 20, bottom: 4, containLabel: true },
    legend: drawing.lines.length > 1
      ? { type: "scroll", top: 0, left: 0, itemWidth: 18, itemHeight: 8, icon: "rect", textStyle: { color: ink, fontSize: 12 } }
      : undefined,
    xAxis: {
      type: "category", data: drawing.labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      axisLabel: { color: ink, hideOverlap: true, width: 90, overflow: "truncate" },
    },
    yAxis: {
      type: "value", axisLabel: { color: ink, formatter: (value) => number.format(value) + unit }, splitLine: { lineStyle: { color: line } },
      splitNumber: 4, max: drawing.target > highest ? drawing.target * 1.1 : undefined,
    },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: paper, borderColor: line,
      textStyle: { color: resolved("--ink"), fontSize: 12 },
    },
    series,
  };
}

/** The line of what is wanted. */
function target(drawing, number, unit) {
  const ink = resolved("--ink-soft");
  return {
    silent: true, symbol: "none", animation: false, lineStyle: { color: ink, type: "dashed", width: 1.5 },
    label: { formatter: `${drawing.target_word} ${number.format(drawing.target)}${unit}`, position: "insideEndTop", color: ink, fontSize: 11 },
    data: [{ yAxis: drawing.target }],
  };
}

function draw(holder) {
  const drawing = JSON.parse(holder.closest("[data-figure]").querySelector('script[type="application/json"]').textContent);
  const chart = window.echarts.init(holder, null, { renderer: "svg" });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const paint = () => chart.setOption(option(drawing, still), { notMerge: true });
  paint();
  new ResizeObserver(() => chart.resize()).observe(holder);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

if (window.echarts) document.querySelectorAll("[data-chart]").forEach(draw);
