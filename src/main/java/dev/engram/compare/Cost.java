package dev.engram.compare;

/**
 * What an arm costs, a line of costs.csv.
 *
 * @param write_seconds to write a fact; of trained arms their training, divided by the facts
 * @param update_seconds to write its later value
 * @param bytes for one more fact
 * @param shared_bytes for all facts together
 * @param write_gflop to write a fact; NaN where it was not counted
 * @param answer_gflop for a question and its answer
 * @param prompt_tokens mean, held-out questions
 * @param new_tokens mean, held-out questions
 * @param write_mb memory that the process grew by while it wrote, MB; NaN where the system does not tell
 * @param perplexity of ordinary text with the arm's weights
 * @param relative perplexity over the plain model's
 */
public record Cost(
        String arm,
        long seed,
        double write_seconds,
        double update_seconds,
        double bytes,
        double shared_bytes,
        double write_gflop,
        double answer_gflop,
        double prompt_tokens,
        double new_tokens,
        double write_mb,
        double answer_mb,
        double perplexity,
        double relative) {}
