import type { Host, Summary } from "./answers";
import { element, fillRows, table } from "./dom";
import { count, duration, number, percent } from "./format";
import { Panel } from "./panel";

const columns = ["Host", "State", "Lease", "Carriers", "Heartbeats", "Records", "Lost", "Missing", "Undecodable", "Epoch", "Port"];

/** What needs somebody comes first. */
const urgency: Host["state"][] = ["unreachable", "silent", "unknown", "live", "unheard"];

/** The state of every host: whether it is heard, may append, and by what its values come. */
export class Hosts {
    readonly panel = new Panel("hosts");
    private readonly rows = element("tbody");
    private before: Summary | null = null;

    constructor() {
        this.panel.body.append(table(columns, this.rows));
    }

    show(summary: Summary): void {
        const order = [...summary.hosts].sort((left, right) =>
            urgency.indexOf(left.state) - urgency.indexOf(right.state) || left.name.localeCompare(right.name, "en", { numeric: true }));
        fillRows(this.rows, columns, order.map((host) => this.row(host, summary.time)), "No host behind any port.");
        this.before = summary;
    }

    private row(host: Host, time: number): (Node | string)[] {
        const before = this.before?.hosts.find((other) => other.instance === host.instance && other.name === host.name);
        const seconds = time - (this.before?.time ?? time);
        const rate = (field: "packets" | "carriers" | "heartbeats" | "records" | "lost"): number | null =>
            before && seconds > 0 && host[field] >= before[field] ? (host[field] - before[field]) / seconds : null;
        const packets = rate("packets"), carriers = rate("carriers");
        const share = packets && carriers !== null ? ` (${percent(carriers / packets)})` : "";
        return [
            host.name,
            stateOf(host),
            host.lease_seconds > 0 ? duration(host.lease_seconds) : element("span", { class: "bad" }, "none"),
            `${perSecond(carriers)}${share}`,
            perSecond(rate("heartbeats")),
            perSecond(rate("records")),
            host.lost > 0 ? element("span", { class: rate("lost") ? "bad" : "" }, count(host.lost)) : "0",
            count(host.missing),
            count(host.undecodable),
            String(host.epoch),
            host.ports.join(", "),
        ];
    }
}

function perSecond(rate: number | null): string {
    return rate === null ? "–" : `${number(rate)}/s`;
}

function stateOf(host: Host): Node {
    const kind = { live: "good", silent: "warn", unreachable: "bad", unheard: "wait", unknown: "wait" }[host.state];
    const since = host.state === "live" || host.silent_seconds === null ? "" : ` for ${duration(host.silent_seconds)}`;
    return element("span", { class: `state ${kind}` }, host.state === "unknown" ? "unknown: no dataplane" : `${host.state}${since}`);
}
