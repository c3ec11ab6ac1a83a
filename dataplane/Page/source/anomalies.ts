import type { Anomaly, AnomalyAnswer, Contributor, Model } from "./answers";
import { get } from "./api";
import { element, fillRows, scrolling, table } from "./dom";
import { clock, count, duration, number, selector, unitOf } from "./format";
import { marks } from "./marks";
import { Panel } from "./panel";
import { Poll } from "./poll";
import type { View } from "./view";

const columns = ["When", "For", "Whose", "Score", "Metrics that say so"];
const modelColumns = ["Host", "Cgroup", "Metrics", "Learned", "Score", "Threshold", "Alarms"];
const most = 50;

/** What was unusual: marks for all charts, and a table that says which metrics it was. */
export class Anomalies {
    private readonly panel = new Panel("anomalies");
    private readonly rows = element("tbody");
    private readonly models = element("tbody");
    readonly poll: Poll;

    constructor(private readonly view: View, private readonly changed: () => void) {
        this.poll = new Poll((signal) => this.refresh(signal), () => (view.isLive ? 1000 : 5000), (error) => this.panel.failed(error));
        this.panel.body.append(
            scrolling("Anomalies, newest first", table(columns, this.rows)),
            element("details", {}, element("summary", {}, "Models"), table(modelColumns, this.models)));
        view.onChange(() => this.poll.now());
    }

    private async refresh(signal: AbortSignal): Promise<void> {
        const { frozen } = this.view;
        const start = frozen ? Math.min(frozen.start, Date.now() / 1e3 - 600).toFixed(3) : "-10m";
        const answer = await get<AnomalyAnswer>("api/v1/anomalies", { start }, signal);
        this.panel.answered();
        marks.anomalies = answer.anomalies.filter((anomaly) => this.view.host === "" || anomaly.host === this.view.host);
        const newest = [...marks.anomalies].sort((left, right) => right.start - left.start).slice(0, most);
        fillRows(this.rows, columns, newest.map((anomaly) => this.row(anomaly)), "Nothing unusual in the last ten minutes.");
        fillRows(this.models, modelColumns, answer.models.map(modelRow), "No model has learned anything yet.");
        this.changed();
    }

    private row(anomaly: Anomaly): (Node | string)[] {
        const show = element("button", { type: "button", class: "link", title: "Show this time" }, clock(anomaly.start, 3));
        show.addEventListener("click", () => {
            const end = anomaly.end ?? marks.now, margin = Math.max(0.25, (end - anomaly.start) / 2);
            this.view.zoom(anomaly.start - margin, Math.min(end, anomaly.start + 60) + margin);
        });
        return [
            show,
            anomaly.end === null ? element("span", { class: "bad" }, "lasts") : duration(anomaly.end - anomaly.start),
            anomaly.cgroup === null ? anomaly.host : `${anomaly.host} ${anomaly.cgroup}`,
            `${number(anomaly.score)} (usual: ${number(anomaly.threshold)})`,
            element("ul", { class: "contributors" }, ...anomaly.contributors.slice(0, 5).map((contributor) => element("li", {}, sentence(contributor)))),
        ];
    }
}

function sentence(contributor: Contributor): string {
    const kind = contributor.name.endsWith("_total") ? "counter" : "gauge";
    const format = unitOf(contributor.name, kind);
    const write = (value: number | null): string => (value === null ? "–" : format(value));
    return `${Math.round(contributor.share * 100)} % ${selector(contributor.name, contributor.labels, ["host", "cgroup"])}: `
        + `${write(contributor.value)}, expected ${write(contributor.expected)}`;
}

function modelRow(model: Model): string[] {
    const write = (value: number | null): string => (value === null ? "–" : number(value));
    return [model.host, model.cgroup ?? "whole host", count(model.metrics), `${count(model.learned)}${model.warm === false ? ", not enough yet" : ""}`, write(model.score), write(model.threshold), count(model.alarms)];
}
