import { Refusal } from "./api";
import { byId, element, setText } from "./dom";

/** A part of the page that says in its own place why it has nothing to show; the others go on. */
export class Panel {
    readonly body: HTMLElement;
    private hasAnswer = false;
    private readonly note = element("p", { class: "note", hidden: true, aria: { role: "status" } });

    /** @param id Of the section in index.html. */
    constructor(id: string) {
        this.body = element("div", { class: "body" });
        byId(id).append(this.note, this.body);
    }

    /** What is shown is what was asked for. */
    answered(): void {
        this.hasAnswer = true;
        this.note.hidden = true;
        this.body.hidden = false;
        this.body.classList.remove("stale");
    }

    /** A refusal is said here; an aggregator that does not answer at all, at the top of the page. */
    failed(error: unknown): void {
        this.body.hidden = !this.hasAnswer;
        this.body.classList.add("stale");
        if (!(error instanceof Refusal)) return;
        this.say(`Nothing to show: ${error.message}.`);
    }

    /** Says something in place of what cannot be shown. */
    say(text: string): void {
        this.note.hidden = false;
        setText(this.note, text);
    }
}
