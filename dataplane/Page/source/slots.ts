/** Gives names places that they keep: what was blue stays blue as long as it is there. */
export class Slots {
    private names: (string | null)[];

    constructor(count: number) {
        this.names = Array.from({ length: count }, () => null);
    }

    /** The place of each name; names beyond the number of places get none. */
    assign(names: string[]): Map<string, number> {
        const wanted = new Set(names.slice(0, this.names.length));
        this.names = this.names.map((name) => (name !== null && wanted.has(name) ? name : null));
        for (const name of wanted)
            if (!this.names.includes(name)) this.names[this.names.indexOf(null)] = name;
        return new Map([...wanted].map((name) => [name, this.names.indexOf(name)]));
    }
}
