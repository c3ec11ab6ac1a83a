import type { RangeAnswer } from "./answers";
import { get, Refusal } from "./api";
import type { Catalogue } from "./catalogue";
import { Chart } from "./chart";
import { parseSelector, selector, unitOf } from "./format";
import { Panel } from "./panel";
import { Poll } from "./poll";
import { Search } from "./search";
import { timesOf } from "./top";
import type { View } from "./view";

const lines = 10;
const first = "opptel_runqueue_length";

/** Any metric over the shown time. */
export class Explorer {
    private readonly panel = new Panel("explorer");
    private readonly chart: Chart;
    private readonly search: Search;
    readonly poll: Poll;

    constructor(private readonly view: View, catalogue: Catalogue) {
        this.poll = new Poll((signal) => this.refresh(signal), () => (view.isLive ? 1000 : null), (error) => this.panel.failed(error));
        this.search = new Search(catalogue, (metric) => view.select({ metric }), (error) => this.panel.failed(error));
        this.chart = new Chart({
            title: "The chosen metric",
            height: 200,
            lines,
            format: String,
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
        const text = this.view.metric || first;
        this.search.value = text;
        const wanted = parseSelector(text);
        if (!wanted) throw new Refusal(400, `'${text}' is no metric, such as ${first} or ${first}{cpu="0"}`);
        const { host = this.view.host, ...labels } = wanted.labels;
        const byLabel = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label.${name}`, value]));
        const answer = await get<RangeAnswer>("api/v1/range", { name: wanted.name, host, ...byLabel, ...this.view.query, limit: lines }, signal);
        this.panel.answered();
        if (answer.series.length === 0) this.panel.say(`Nothing was recorded of ${text} in this time.`);
        else if (answer.truncated) this.panel.say(`There are more than ${lines} series; add labels to choose others.`);
        this.draw(answer, Object.keys(wanted.labels));
    }

    private draw(answer: RangeAnswer, fixed: string[]): void {
        const kind = answer.series[0]?.kind ?? "gauge";
        this.chart.format = unitOf(answer.series[0]?.name ?? "", kind);
        this.chart.draw({ start: answer.start, end: answer.end }, timesOf(answer), answer.series.map((series) => {
            const own = selector("", series.labels, fixed).slice(1, -1);
            return { key: selector(series.name, series.labels), label: own || series.name, title: selector(series.name, series.labels), values: series.values };
        }));
    }
}
