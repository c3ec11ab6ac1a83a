import type uPlot from "uplot";
import type { Anomaly } from "./answers";
import { selector } from "./format";
import { theme } from "./theme";
import type { Span } from "./view";

/** What all charts mark. */
export const marks = {
    anomalies: [] as Anomaly[],
    /** The DPU's time of the newest answer: what goes on, goes on until then. */
    now: 0,
};

/** Pixels around a mark that belong to it. */
const reach = 6;

/** Draws anomalies over a chart of time. */
export function drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const pixel = window.devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = theme().mark;
    for (const anomaly of marks.anomalies) {
        const from = plot.valToPos(anomaly.start, "x", true);
        const to = plot.valToPos(anomaly.end ?? marks.now, "x", true);
        if (to < bbox.left || from > bbox.left + bbox.width) continue;
        ctx.globalAlpha = 0.18;
        ctx.fillRect(from, bbox.top, Math.max(2 * pixel, to - from), bbox.height);
        ctx.globalAlpha = 1;
        ctx.fillRect(from - pixel / 2, bbox.top, pixel, bbox.height);
        ctx.beginPath();
        ctx.moveTo(from - 6 * pixel, bbox.top);
        ctx.lineTo(from + 6 * pixel, bbox.top);
        ctx.lineTo(from, bbox.top + 9 * pixel);
        ctx.fill();
    }
    ctx.restore();
}

/** Draws, under everything else, which part of the time other charts show. */
export function drawShade(plot: uPlot, shade: Span | null): void {
    if (!shade) return;
    const { ctx, bbox } = plot;
    const from = Math.max(bbox.left, plot.valToPos(shade.start, "x", true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos(shade.end, "x", true));
    ctx.fillStyle = theme().shade;
    if (to > from) ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height);
}

/** What to say of the anomalies at a place of a chart; empty for none. */
export function describeMarks(plot: uPlot, left: number): string {
    const from = plot.posToVal(left - reach, "x"), to = plot.posToVal(left + reach, "x");
    return marks.anomalies
        .filter((anomaly) => anomaly.start <= to && (anomaly.end ?? marks.now) >= from)
        .slice(0, 3)
        .map(describe)
        .join("\n\n");
}

function describe(anomaly: Anomaly): string {
    const whose = anomaly.cgroup === null ? anomaly.host : `${anomaly.host} ${anomaly.cgroup}`;
    const contributors = anomaly.contributors.slice(0, 5).map((contributor) =>
        `${Math.round(contributor.share * 100)} % ${selector(contributor.name, contributor.labels, ["host", "cgroup"])}`);
    return [`Anomaly: ${whose}`, ...contributors].join("\n");
}
