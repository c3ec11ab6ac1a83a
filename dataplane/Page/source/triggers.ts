import type { Trigger, TriggerAction, TriggerAnswer, TriggerEvent } from "./answers";
import { get } from "./api";
import { element, fillRows, scrolling, table } from "./dom";
import { clock, count, number, selector } from "./format";
import { Panel } from "./panel";
import { Poll } from "./poll";
import type { View } from "./view";

const columns = ["Trigger", "State", "Fired", "Last", "Suppressed", "Actions"];
const eventColumns = ["When", "Trigger", "Host", "Series", "Value", "Dump"];
const most = 50;

/** Conditions with their state, and what they did. */
export class Triggers {
    private readonly panel = new Panel("triggers");
    private readonly rows = element("tbody");
    private readonly events = element("tbody");
    readonly poll = new Poll((signal) => this.refresh(signal), () => 2000, (error) => this.panel.failed(error));

    constructor(private readonly view: View) {
        this.panel.body.append(
            table(columns, this.rows), element("h3", {}, "Events"), scrolling("Events, newest first", table(eventColumns, this.events)));
    }

    private async refresh(signal: AbortSignal): Promise<void> {
        const answer = await get<TriggerAnswer>("api/v1/triggers", {}, signal);
        this.panel.answered();
        fillRows(this.rows, columns, answer.triggers.map(row), "No trigger is configured.");
        const newest = [...answer.events].sort((left, right) => right.time - left.time).slice(0, most);
        fillRows(this.events, eventColumns, newest.map((event) => this.event(event)), "No trigger has fired yet.");
    }

    private event(event: TriggerEvent): (Node | string)[] {
        const show = element("button", { type: "button", class: "link", title: "Show this time" }, clock(event.time, 3));
        show.addEventListener("click", () => this.view.zoom(event.time - 1, event.time + 1));
        return [
            show,
            event.trigger,
            event.host,
            selector(event.metric ?? "", event.labels, ["host"]) || "–",
            event.value === null ? "–" : number(event.value),
            event.dump ? dumpLink(event.dump) : "–",
        ];
    }
}

function row(trigger: Trigger): (Node | string)[] {
    const kind = { armed: "good", firing: "bad", held_off: "warn" }[trigger.state];
    return [
        trigger.name,
        element("span", { class: `state ${kind}` }, trigger.state.replace("_", " ")),
        count(trigger.fired),
        trigger.last_fired === null ? "–" : clock(trigger.last_fired),
        count(trigger.suppressed),
        trigger.actions.map(sentence).join("; "),
    ];
}

/** The aggregator serves the files of its dumps by their names. */
function dumpLink(path: string): HTMLElement {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return element("a", { href: `api/v1/dumps/${encodeURIComponent(name)}`, download: name, title: path }, name);
}

function sentence(action: TriggerAction): string {
    const failed = action.failed > 0 ? `, ${action.failed} failed (${action.last_error ?? "?"})` : "";
    return `${action.action}: ${action.done} done${failed}${action.dropped ? `, ${action.dropped} dropped` : ""}`;
}
