/* Charts on a canvas: rich-text tooltips, since HTML ones would need inline styles. Each has its table beside it. */
(() => {
  "use strict";
  if (!window.echarts) return;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const all = (selector) => [...document.querySelectorAll(selector)];
  const font = css("--font"), ink = css("--ink"), ink2 = css("--ink-2"), ink3 = css("--ink-3"), rule = css("--rule"), rule2 = css("--rule-2"), need = css("--need"), floor = css("--pay-floor");
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.75;
  const base = () => ({ animation: false, aria: { enabled: true }, textStyle: { fontFamily: font, color: ink2, fontSize: size }, tooltip: { trigger: "axis", renderMode: "richText", borderColor: rule, textStyle: { color: ink, fontSize: size } } });
  const axis = (more) => ({ axisLine: { lineStyle: { color: rule2 } }, axisTick: { show: false }, axisLabel: { color: ink3, fontSize: size }, splitLine: { lineStyle: { color: rule } }, ...more });
  const make = {
    trend(d) {
      const last = d.shares.length - 1, solid = d.open ? last - 1 : last, high = Math.max(...d.shares, d.target), low = Math.min(...d.shares, d.target), pad = Math.max((high - low) * 0.35, 0.5);
      const mark = (i, position, hollow) => ({ coord: [i, d.shares[i]], symbol: "circle", symbolSize: 7, itemStyle: { color: hollow ? "#fff" : ink, borderColor: ink, borderWidth: 1.5 }, label: { show: !hollow, position, formatter: d.shares[i].toFixed(2), color: ink, fontSize: size, distance: 4 } });
      const marks = solid < 0 ? [] : [mark(0, d.up ? "bottom" : "top"), ...(solid > 0 ? [mark(solid, d.up ? "top" : "bottom")] : [])];
      if (d.open && last >= 0) marks.push(mark(last, "top", true));
      const tooltip = { valueFormatter: (v) => (v == null ? "—" : v.toFixed(2) + "%") };
      return { ...base(), grid: { left: 24, right: 30, top: 20, bottom: 20 },
        xAxis: axis({ type: "category", data: d.months, boundaryGap: false, axisLabel: { color: ink3, fontSize: size, interval: (i) => i === 0 || i === last, formatter: (t) => t } }),
        yAxis: { type: "value", show: false, min: low - pad, max: high + pad },
        series: [
          { type: "line", data: d.shares.map((v, i) => (i <= solid ? v : null)), symbol: "none", lineStyle: { color: ink, width: 1.75 }, tooltip, markPoint: { silent: true, data: marks }, markLine: { silent: true, symbol: "none", data: [{ yAxis: d.target }], lineStyle: { color: ink, width: 1.5, type: "solid" }, label: { show: true, position: d.up ? "insideEndBottom" : "insideEndTop", formatter: d.label, color: ink2, fontSize: size } } },
          ...(d.open ? [{ type: "line", data: d.shares.map((v, i) => (i >= solid ? v : null)), symbol: "none", lineStyle: { color: ink, width: 1.5, type: "dashed" }, tooltip }] : []) ] };
    },
    budget(d) {
      const line = (name, data, style, more) => ({ name, type: "line", data, symbol: "none", lineStyle: style, tooltip: { valueFormatter: (v) => (v == null ? "—" : v.toFixed(1)) }, ...more });
      const dot = (coord, color, fill, text, position) => ({ coord, symbol: "circle", symbolSize: 9, itemStyle: { color: fill, borderColor: color, borderWidth: 2 }, label: { show: true, position, formatter: text, color: color === need ? need : ink, fontSize: size, fontWeight: color === need ? 700 : 400, distance: 7 } });
      const marks = [dot([d.today, d.now], floor, floor, d.left_label, "top")];
      if (d.out) marks.push(dot([d.out, 0], need, "#fff", d.out_label, "top"));
      const from = d.high.findIndex((v) => v != null);
      const band = { name: d.names.band, type: "custom", silent: true, tooltip: { show: false }, data: [0], renderItem: (p, api) => {
        const points = [];
        for (let i = from; i < d.days.length; i++) points.push(api.coord([i, d.high[i]]));
        for (let i = d.days.length - 1; i >= from; i--) points.push(api.coord([i, d.low[i]]));
        return { type: "polygon", shape: { points }, style: { fill: floor, opacity: 0.22 } };
      } };
      return { ...base(), grid: { left: 56, right: 24, top: 32, bottom: 24 },
        xAxis: axis({ type: "category", data: d.days, boundaryGap: false, axisLine: { onZero: false, lineStyle: { color: rule2 } }, axisLabel: { color: ink3, fontSize: size, interval: (i) => d.days[i].endsWith("-01") || d.days[i].endsWith("-15") } }),
        yAxis: axis({ type: "value", name: d.unit, nameTextStyle: { color: ink3, align: "left", padding: [0, 0, 0, -40], fontSize: size }, axisLine: { show: false } }),
        series: [...(from < 0 ? [] : [band]), line(d.names.even, d.even, { color: css("--rule-3"), width: 1, type: "dotted" }), line(d.names.forecast, d.forecast, { color: floor, width: 2, type: "dashed" }),
          line(d.names.left, d.left, { color: floor, width: 2.5 }, { markPoint: { silent: true, data: marks }, markLine: { silent: true, symbol: "none", data: [{ yAxis: 0 }], lineStyle: { color: ink, width: 2, type: "solid" }, label: { position: "insideStartBottom", formatter: d.floor_label, color: ink, fontSize: size } } })] };
    },
  };
  /* a canvas draws with the font that is there at that moment: else Chinese labels come out as boxes */
  const draw = () => {
    const charts = all("[data-chart]").map((el) => {
      const data = JSON.parse(document.getElementById(el.dataset.src).textContent);
      if (el.dataset.chart === "trend" && !data.shares.length) return null;
      const chart = window.echarts.init(el, null, { renderer: "canvas" });
      chart.setOption(make[el.dataset.chart](data));
      return chart;
    }).filter(Boolean);
    const fit = () => charts.forEach((chart) => chart.resize());
    window.addEventListener("resize", fit);
    window.addEventListener("beforeprint", fit);
  };
  Promise.all(["400 12px", "700 12px"].map((f) => document.fonts.load(f + ' "Noto Sans SC"', "目标还剩预算用完"))).then(draw, draw);
})();
