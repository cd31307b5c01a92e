/**
 * One ruler for all mechanisms: scores of cache policies beside the full cache, probes of what a cache still knows,
 * confidence intervals, and verdicts on published claims. Knows no mechanism; policies come in as suppliers.
 *
 * <pre>{@code
 * CausalLm lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32));
 * Prose prose = Prose.read(HOME.resolve("data/prose"));
 * Map<String, Supplier<CachePolicy>> policies = Map.of("mine", () -> new MyPolicy(512));
 * var scores = new LockStep(lm).stream(prose.windows(lm.tokenizer(), 2048, 2), policies);
 * display(Scores.table(scores));
 * Interval gain = Bootstrap.seeded(7).difference(Scores.nll(scores, "mine"), Scores.nll(scores, "full"), 64);
 * Needle needle = new Needle(lm, prose);
 * var found = needle.run(needle.items(new double[] {0, 0.5, 1}, new int[] {512}, 4, 7), policies);
 * display(Needle.table(found));
 * }</pre>
 */
package dev.engram.eval;
