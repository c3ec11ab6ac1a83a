import { Refusal, superseded } from "./api";

const longestRequest = 15_000;
const longestPause = 10_000;

/**
 * Repeats a request: one at a time, none while nobody looks, and ever more seldom while there is no answer.
 */
export class Poll {
    private controller: AbortController | null = null;
    private timer = 0;
    private failures = 0;

    /**
     * @param work Asks and shows; rejects when it could not.
     * @param pause Milliseconds until the next time; null for not before the next {@link now}.
     * @param failed Shows why there is nothing to show.
     */
    constructor(
        private readonly work: (signal: AbortSignal) => Promise<void>,
        private readonly pause: () => number | null,
        private readonly failed: (error: unknown) => void,
    ) {
        document.addEventListener("visibilitychange", () => {
            if (document.hidden) this.stop();
            else this.now();
        });
    }

    /** Asks now, in place of a request that is on its way. */
    now(): void {
        this.stop();
        if (!document.hidden) void this.round();
    }

    private stop(): void {
        clearTimeout(this.timer);
        this.controller?.abort(superseded);
        this.controller = null;
    }

    private async round(): Promise<void> {
        const controller = new AbortController();
        this.controller = controller;
        const limit = setTimeout(() => controller.abort("no answer"), longestRequest);
        try {
            await this.work(controller.signal);
            this.failures = 0;
        } catch (error) {
            if (this.controller !== controller) return;
            this.failures++;
            this.failed(error);
            if (!(error instanceof Refusal || error instanceof TypeError || error instanceof DOMException || controller.signal.aborted)) throw error;
        } finally {
            clearTimeout(limit);
            if (this.controller === controller) this.again();
        }
    }

    private again(): void {
        this.controller = null;
        const pause = this.failures > 0 ? Math.min(longestPause, 500 * 2 ** this.failures) : this.pause();
        if (pause !== null) this.timer = window.setTimeout(() => void this.round(), pause);
    }
}
