declare const misuse: unique symbol;

/** What the compiler shows where it refuses: the message is the sentence. No value has this type. */
export interface Misuse<Message extends string> {
  readonly [misuse]: Message;
}
