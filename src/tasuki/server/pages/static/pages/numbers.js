// Draws figures as lines or bars. All numbers and words come with the page; the table below each drawing says the same.

/** A colour as it is on this page: light-dark() of a variable is resolved by the browser. */
function resolved(name) {
  const probe = document.createElement("i");
  probe.className = "unseen";
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function option(drawing, still) {
  const ink = resolved("--ink-soft"), line = resolved("--line"), paper = resolved("--paper");
  const number = new Intl.NumberFormat(document.documentElement.lang || "en", { notation: "compact", maximumFractionDigits: 1 });
  const series = drawing.lines.map((one) => ({
    name: one.name, type: drawing.bars ? "bar" : "line", data: one.values, connectNulls: false, barMaxWidth: 36, symbolSize: 6,
    lineStyle: { width: 2 }, itemStyle: { color: resolved(one.colour) },
  }));
  return {
    animation: !still, animationDuration: 200, animationDurationUpdate: 0,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 8, right: 16, top: drawing.lines.length > 1 ? 56 : 16, bottom: 4, containLabel: true },
    legend: drawing.lines.length > 1
      ? { type: "scroll", top: 0, left: 0, itemWidth: 18, itemHeight: 8, icon: "rect", textStyle: { color: ink, fontSize: 12 } }
      : undefined,
    xAxis: {
      type: "category", data: drawing.labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      axisLabel: { color: ink, hideOverlap: true, width: 90, overflow: "truncate" },
    },
    yAxis: { type: "value", axisLabel: { color: ink, formatter: (value) => number.format(value) }, splitLine: { lineStyle: { color: line } }, splitNumber: 4 },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: paper, borderColor: line,
      textStyle: { color: resolved("--ink"), fontSize: 12 },
    },
    series,
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
