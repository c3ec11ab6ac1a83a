import type { Labels, RangeAnswer } from "./answers";
import { get } from "./api";
import { Chart } from "./chart";
import { number, selector } from "./format";
import { Panel } from "./panel";
import { Poll } from "./poll";
import type { View } from "./view";

const lines = 10;

/** The entities that used most of something over the shown time, at each step of it. */
export class Top {
    private readonly panel: Panel;
    private readonly chart: Chart;
    readonly poll: Poll;

    /**
     * @param id Of the section in index.html.
     * @param metric A counter.
     * @param nameOf Names an entity by its labels.
     */
    constructor(
        id: string, title: string, private readonly metric: string, private readonly view: View, private readonly nameOf: (labels: Labels) => string,
        private readonly shown: () => void,
    ) {
        this.panel = new Panel(id);
        this.poll = new Poll((signal) => this.refresh(signal), () => (view.isLive ? 1000 : null), (error) => this.panel.failed(error));
        this.chart = new Chart({
            title,
            height: 230,
            lines,
            format: (value) => number(value),
            stacked: true,
            stepped: true,
            group: "detail",
            selected: (span) => view.zoom(span.start, span.end),
            doubleClicked: () => view.back(),
        });
        this.panel.body.append(this.chart.root);
        view.onChange(() => this.poll.now());
    }

    redraw(): void {
        this.chart.redraw();
    }

    private async refresh(signal: AbortSignal): Promise<void> {
        const { view } = this;
        const answer = await get<RangeAnswer>("api/v1/top", { name: this.metric, host: view.host, ...view.query, limit: lines }, signal);
        view.shown = { start: answer.start, end: answer.end };
        this.panel.answered();
        this.chart.draw(view.shown, timesOf(answer), answer.series.map((series) => ({
            key: selector(series.name, series.labels),
            label: this.nameOf(series.labels),
            title: Object.entries(series.labels).map(([name, value]) => `${name}: ${value}`).join("\n"),
            values: series.values,
        })));
        if (answer.series.length === 0) this.panel.say("Nothing was recorded of this time.");
        this.shown();
    }
}

/** When each step of an answer begins. */
export function timesOf(answer: RangeAnswer): number[] {
    const length = Math.max(0, ...answer.series.map((series) => series.values.length));
    return Array.from({ length }, (_, index) => answer.start + index * answer.step);
}

export function processName(labels: Labels): string {
    const pid = labels["process_pid"];
    return `${labels["process_executable_name"] ?? "?"}${pid ? ` ${pid}` : ""}`;
}

export function cgroupName(labels: Labels): string {
    return labels["k8s_pod_name"] ?? labels["systemd_unit"] ?? (labels["cgroup"] ?? "?").split("/").slice(-2).join("/");
}
