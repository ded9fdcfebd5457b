// The parts of ECharts that the pages use, drawn as SVG; only pages with a chart ask for it.
import { BarChart, FunnelChart, LineChart, SankeyChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TitleComponent,
  TooltipComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  AriaComponent, BarChart, DataZoomComponent, FunnelChart, GridComponent, LegendComponent, LineChart, MarkAreaComponent,
  MarkLineComponent, SankeyChart, ScatterChart, SVGRenderer, TitleComponent, TooltipComponent,
]);

window.echarts = echarts;
