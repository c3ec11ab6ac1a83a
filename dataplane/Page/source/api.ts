// Asks the aggregator, and knows when it answered last.

/** The aggregator answered, and not with what was asked for. */
export class Refusal extends Error {
    constructor(readonly status: number, message: string) {
        super(message);
    }
}

/** Whether the aggregator answers at all. */
export const connection = {
    lastAnswer: 0,
    isLost: false,
    onChange: (): void => undefined,

    answered(): void {
        const wasLost = this.isLost;
        this.lastAnswer = Date.now();
        this.isLost = false;
        if (wasLost) this.onChange();
    },

    failed(): void {
        this.isLost = true;
        this.onChange();
    },
};

export type Parameters = Record<string, string | number | undefined>;

/** Paths are relative, so that the page also works behind a proxy that puts it elsewhere. */
export async function get<Answer>(path: string, parameters: Parameters, signal: AbortSignal): Promise<Answer> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters))
        if (value !== undefined && value !== "") query.append(name, String(value));
    let response: Response;
    try {
        response = await fetch(query.size > 0 ? `${path}?${query}` : path, { signal, cache: "no-store" });
    } catch (error) {
        // An answer that nobody waits for any more says nothing of the aggregator.
        if (!(signal.aborted && signal.reason === superseded)) connection.failed();
        throw error;
    }
    connection.answered();
    if (!response.ok) throw new Refusal(response.status, await reasonOf(response, path));
    return (await response.json()) as Answer;
}

/** Why a request is called off: another one takes its place. */
export const superseded = "superseded";

async function reasonOf(response: Response, path: string): Promise<string> {
    const text = await response.text();
    try {
        const { error } = JSON.parse(text) as { error?: unknown };
        if (typeof error === "string") return error;
    } catch {
        // No JSON: a path that is not there has no body at all.
    }
    return response.status === 404 ? `this aggregator does not serve /${path}` : text.trim() || response.statusText;
}
