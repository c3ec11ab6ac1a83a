import type { SeriesAnswer, SeriesEntry } from "./answers";
import { get } from "./api";

const fresh = 30_000;
const most = 10_000;

/** Which series there are; asked for when somebody wants to know, and again when that was a while ago. */
export class Catalogue {
    private asked = 0;
    private entries: SeriesEntry[] = [];
    isTruncated = false;

    async load(signal: AbortSignal): Promise<SeriesEntry[]> {
        if (this.asked > 0 && Date.now() - this.asked < fresh) return this.entries;
        const answer = await get<SeriesAnswer>("api/v1/series", { limit: most }, signal);
        this.asked = Date.now();
        this.entries = answer.series;
        this.isTruncated = answer.truncated;
        return this.entries;
    }
}
