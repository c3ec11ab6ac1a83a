// The aggregator's answers, as dataplane/Aggregator/API.md describes them.

export type Labels = Record<string, string>;

export interface Host {
    name: string;
    instance: string;
    state: "live" | "silent" | "unreachable" | "unheard" | "unknown";
    ports: string[];
    lease_seconds: number;
    epoch: number;
    streams: number;
    silent_seconds: number | null;
    packets: number;
    carriers: number;
    trailers: number;
    heartbeats: number;
    records: number;
    undecodable: number;
    lost: number;
    missing: number;
}

export interface Summary {
    time: number;
    version: string;
    ready: boolean;
    packets_per_second: number;
    carriers_per_second: number;
    records_per_second: number;
    age_p50_seconds: number | null;
    age_p99_seconds: number | null;
    series: number;
    totals: { trailers: number; lost: number; missing: number; handover_lost: number; send_dropped: number; undecodable: number };
    hosts: Host[];
}

export interface Activity {
    times: number[];
    packets_per_second: number[];
    carriers_per_second: number[];
    records_per_second: number[];
    age_p50_seconds: (number | null)[];
    age_p99_seconds: (number | null)[];
    trailers: number[];
    heartbeats: number[];
    lost: number[];
    missing: number[];
}

export interface SeriesEntry {
    id: number;
    name: string;
    kind: "counter" | "gauge" | "histogram_bucket" | "histogram_sum";
    labels: Labels;
    first: number;
    last: number;
    records: number;
    alive: boolean;
}

export interface SeriesAnswer {
    truncated: boolean;
    oldest: number | null;
    newest: number | null;
    series: SeriesEntry[];
}

export interface RangeSeries {
    name: string;
    kind: SeriesEntry["kind"];
    labels: Labels;
    values: (number | null)[];
    total?: number;
}

export interface RangeAnswer {
    start: number;
    end: number;
    step: number;
    truncated: boolean;
    series: RangeSeries[];
}

export interface Buckets {
    offset: number;
    counts: number[];
}

export interface DistributionWindow {
    end: number;
    count: number;
    sum: number;
    min: number;
    max: number;
    scale: number;
    zero_count: number;
    positive: Buckets;
    negative: Buckets;
}

export interface DistributionAnswer {
    window: number;
    series: { name: string; labels: Labels; windows: DistributionWindow[] }[];
}

export interface Contributor {
    name: string;
    labels: Labels;
    share: number;
    value: number | null;
    expected: number | null;
}

export interface Anomaly {
    id: number;
    host: string;
    cgroup: string | null;
    start: number;
    end: number | null;
    score: number;
    threshold: number;
    contributors: Contributor[];
}

export interface Model {
    host: string;
    cgroup: string | null;
    metrics: number;
    learned: number;
    /** Whether it has learned enough to raise alarms. */
    warm?: boolean;
    score: number | null;
    threshold: number | null;
    alarms: number;
}

export interface AnomalyAnswer {
    models: Model[];
    anomalies: Anomaly[];
}

export interface TriggerAction {
    action: string;
    done: number;
    failed: number;
    dropped?: number;
    last_error: string | null;
}

export interface Trigger {
    name: string;
    state: "armed" | "firing" | "held_off";
    fired: number;
    last_fired: number | null;
    suppressed: number;
    actions: TriggerAction[];
}

export interface TriggerEvent {
    trigger: string;
    time: number;
    host: string;
    metric?: string | null;
    value: number | null;
    labels: Labels;
    dump: string | null;
}

export interface TriggerAnswer {
    triggers: Trigger[];
    events: TriggerEvent[];
}
