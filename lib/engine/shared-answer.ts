/**
 * One question at a time for a crowd: whoever asks gets the answer to a question that was sent after it asked, and at most one waits to
 * be sent. The question must not reject.
 */
export class SharedAnswer<T> {
  #sent: Promise<T> | undefined = undefined;
  #next: Promise<T> | undefined = undefined;

  ask(question: () => Promise<T>): Promise<T> {
    if (this.#sent === undefined) return this.#send(question);
    this.#next ??= this.#sent.then(() => {
      this.#next = undefined;
      return this.#send(question);
    });
    return this.#next;
  }

  #send(question: () => Promise<T>): Promise<T> {
    const sent = question().then((answer) => {
      if (this.#sent === sent) this.#sent = undefined;
      return answer;
    });
    this.#sent = sent;
    return sent;
  }
}
