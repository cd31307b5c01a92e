package dev.engram.compare;

/**
 * What keeping facts costs, without latency and memory, which are measured while the arm is asked.
 *
 * @param writeSeconds to write one fact
 * @param updateSeconds to write its later value; NaN before that was done
 * @param bytes for one more fact
 * @param sharedBytes once, for all facts: adapters, changed weights
 * @param writeGflop to write one fact
 * @param tokenGflop to read or generate one token
 * @param extraGflop beside the tokens of a question, such as embedding it for a search
 */
public record Price(
        double writeSeconds,
        double updateSeconds,
        double bytes,
        double sharedBytes,
        double writeGflop,
        double tokenGflop,
        double extraGflop) {
    /** Of an arm that keeps nothing beside its weights. */
    static final Price NOTHING = new Price(0, 0, 0, 0, 0, 0, 0);

    /** Of a question and its answer. */
    public double answerGflop(double promptTokens, double newTokens) {
        return tokenGflop * (promptTokens + newTokens) + extraGflop;
    }
}
