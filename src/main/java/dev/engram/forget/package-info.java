/**
 * Who is forgotten in the KV cache: the forgetting curve of seed 000 and its rivals.
 *
 * <p>A {@link dev.engram.forget.SlotScorer} says what each slot is worth, {@link dev.engram.forget.Eviction} keeps the best
 * within a budget, {@link dev.engram.forget.Policies} knows all of them by name:
 *
 * <pre>{@code
 * EvictionConfig config = EvictionConfig.of(Budget.share(0.25)).withProtection(4, 32);
 * CachePolicy policy = Policies.create("ebbinghaus-budget", config);
 * lm.generate(prompt, cache, GenerationConfig.greedy(200), Seams.none(), policy, GenerationListener.SILENT);
 * }</pre>
 */
package dev.engram.forget;
