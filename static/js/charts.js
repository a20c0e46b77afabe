// Charts from the figures that lie beside them as JSON, in the colours of the tokens; the table is the twin.
// Load it on pages with charts: <script src=".../vendor/chart.js/chart.umd.min.js" defer></script> and this module.
const drawn = new Map();
const DASHES = { solid: [], dashed: [6, 3], dotted: [2, 3] };
const SERIES_DASH = { c1: "solid", c2: "dashed", c3: "dotted", c4: "dashed", c5: "dashed" };

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function hatch(colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.fillStyle = token("surface");
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  for (const shift of [-6, 0, 6]) {
    pen.beginPath();
    pen.moveTo(shift, 0);
    pen.lineTo(shift + 6, 6);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}

function dataset(series, kind, count) {
  const colour = token(series.colour);
  const common = { label: series.label, data: series.values, words: series.words, borderColor: colour, borderWidth: 2 };
  if (kind === "line") {
    return { ...common, borderDash: DASHES[series.style === "solid" ? SERIES_DASH[series.colour] : series.style] ?? [], pointRadius: 0, pointHitRadius: 12, tension: 0, spanGaps: false };
  }
  const unfinished = series.style === "hatched" ? count : series.unfinished;
  const fill = series.values.map((_, i) => (i >= count - unfinished ? hatch(colour) : colour));
  return { ...common, backgroundColor: fill, borderWidth: unfinished ? 1 : 0, borderRadius: 2, maxBarThickness: 36 };
}

const thresholdLine = {
  id: "threshold",
  afterDatasetsDraw(chart) {
    const at = chart.options.plugins.threshold?.value;
    if (at == null) return;
    const { ctx, chartArea: area, scales } = chart;
    const y = scales.y.getPixelForValue(at);
    ctx.save();
    ctx.strokeStyle = token("text-3");
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    ctx.moveTo(area.left, y);
    ctx.lineTo(area.right, y);
    ctx.stroke();
    ctx.restore();
  },
};

function options(data, kind) {
  const font = { family: token("tblr-font-sans-serif") || "system-ui", size: 11 };
  const axis = { ticks: { color: token("text-3"), font, maxRotation: 0, autoSkipPadding: 12 }, border: { display: false } };
  const across = kind === "bars-across";
  const values = { ...axis, beginAtZero: true, stacked: data.stacked, grid: { color: token("line"), drawTicks: false }, ticks: { ...axis.ticks, maxTicksLimit: 5, padding: 6 } };
  const names = { ...axis, stacked: data.stacked, grid: { display: false } };
  return {
    animation: false,
    maintainAspectRatio: false,
    indexAxis: across ? "y" : "x",
    interaction: { mode: "index", intersect: false },
    scales: across ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      threshold: { value: data.threshold },
      legend: { display: data.series.length > 1, align: "end", labels: { color: token("text-2"), font, boxWidth: 18, boxHeight: kind === "line" ? 0 : 8 } },
      tooltip: {
        backgroundColor: token("toast"), titleColor: token("toast-text"), bodyColor: token("toast-text"), titleFont: font, bodyFont: font, padding: 8, displayColors: data.series.length > 1,
        callbacks: { label: (item) => ` ${item.dataset.label}: ${item.dataset.words[item.dataIndex]}` },
      },
    },
  };
}

function draw(figure) {
  const source = document.getElementById(figure.dataset.chart);
  const canvas = figure.querySelector("canvas");
  if (!source || !canvas || !window.Chart) return;
  const data = JSON.parse(source.textContent);
  const kind = figure.dataset.kind;
  drawn.get(canvas)?.destroy();
  drawn.set(canvas, new window.Chart(canvas, {
    type: kind === "line" ? "line" : "bar",
    data: { labels: data.labels, datasets: data.series.map((one) => dataset(one, kind, data.labels.length)) },
    options: options(data, kind),
    plugins: [thresholdLine],
  }));
}

// shape only: no axis, no words
function spark(canvas) {
  const values = canvas.dataset.spark.split(/[ ,]+/).map(Number).filter((value) => !Number.isNaN(value));
  if (values.length < 2) return;
  const ratio = window.devicePixelRatio || 1;
  const box = canvas.getBoundingClientRect();
  canvas.width = box.width * ratio;
  canvas.height = box.height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const x = (i) => 3 + (i * (box.width - 6)) / (values.length - 1);
  const y = (value) => box.height - 3 - ((value - low) * (box.height - 6)) / range;
  pen.strokeStyle = pen.fillStyle = token("c1");
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  pen.beginPath();
  values.forEach((value, i) => pen.lineTo(x(i), y(value)));
  pen.stroke();
  pen.beginPath();
  pen.arc(x(values.length - 1), y(values.at(-1)), 2.5, 0, Math.PI * 2);
  pen.fill();
}

function drawAll(root = document) {
  root.querySelectorAll("[data-chart]").forEach(draw);
  root.querySelectorAll("canvas[data-spark]").forEach(spark);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-chart-toggle]");
  if (!button) return;
  const figure = button.closest("[data-chart]");
  const table = document.getElementById(button.getAttribute("aria-controls"));
  table.hidden = !table.hidden;
  figure.querySelector(".lf-chart-box").hidden = !table.hidden;
  button.setAttribute("aria-expanded", String(!table.hidden));
});
document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
new MutationObserver(() => drawAll()).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
drawAll();
