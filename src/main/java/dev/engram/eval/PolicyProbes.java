package dev.engram.eval;

import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.report.Csv;
import dev.engram.report.Profile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import tech.tablesaw.api.Table;

/**
 * Needles, tasks and instructions for one policy after another, into one CSV file each. What a file holds is not measured again,
 * so that a long run can be stopped and continued policy by policy.
 */
public final class PolicyProbes {
    private final CausalLm lm;
    private final Prose prose;
    private final Path folder;
    private final Sizes sizes;
    private final Function<String, CachePolicy> policies;

    /**
     * How much is asked.
     *
     * @param depths of the needle, as shares of the text before it
     * @param lengths of the prompts, in tokens
     * @param needles for each depth and length
     * @param tasks of each kind and length
     * @param instructions of each kind and length, each with the instruction and without
     * @param seed of the first item; the others follow it
     */
    public record Sizes(
            List<Double> depths, List<Integer> lengths, int needles, int tasks, int instructions, long seed) {
        /** What notebook 03 asks. */
        public static Sizes of(Profile profile, long seed) {
            return profile.pick(
                    new Sizes(List.of(0.1, 0.9), List.of(512), 1, 1, 1, seed),
                    new Sizes(List.of(0.0, 0.25, 0.5, 0.75, 1.0), List.of(512), 4, 3, 3, seed));
        }

        private int[] tokens() {
            return lengths.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /**
     * @param folder of needles.csv, ruler.csv and instructions.csv
     * @param policies a fresh policy for a name; null keeps all
     */
    public PolicyProbes(CausalLm lm, Prose prose, Path folder, Sizes sizes, Function<String, CachePolicy> policies) {
        this.lm = lm;
        this.prose = prose;
        this.folder = folder;
        this.sizes = sizes;
        this.policies = policies;
    }

    /** Needles: rows of {@link Needle#table}, of all policies that the file holds. */
    public Table needles(List<String> names) {
        Needle needle = new Needle(lm, prose);
        double[] depths = sizes.depths.stream().mapToDouble(Double::doubleValue).toArray();
        List<Needle.Item> items = needle.items(depths, sizes.tokens(), sizes.needles, sizes.seed);
        return measure(
                "needles.csv", names, p -> Needle.table(needle.run(items, p)).rejectColumns("text"));
    }

    /** Tasks in the manner of RULER: rows of {@link RulerLike#table}. */
    public Table tasks(List<String> names) {
        RulerLike ruler = new RulerLike(prose, text -> lm.tokenizer().encode(text).length);
        List<RulerLike.Item> items = ruler.items(sizes.tokens(), sizes.tasks, sizes.seed);
        return measure(
                "ruler.csv",
                names,
                p -> RulerLike.table(RulerLike.run(lm, items, p)).rejectColumns("text", "seed"));
    }

    /** Instructions, given and not given: rows of {@link InstructionRetention#table}. */
    public Table instructions(List<String> names) {
        InstructionRetention retention = new InstructionRetention(lm, prose);
        List<InstructionRetention.Item> items = new ArrayList<>();
        for (boolean told : new boolean[] {true, false}) {
            items.addAll(retention.items(sizes.tokens(), sizes.instructions, sizes.seed, told));
        }
        return measure(
                "instructions.csv",
                names,
                p -> InstructionRetention.table(retention.run(items, p)).rejectColumns("seed"));
    }

    private Table measure(String file, List<String> names, Function<Map<String, Supplier<CachePolicy>>, Table> run) {
        Path csv = folder.resolve(file);
        for (String name : names) {
            Table before = Files.exists(csv) ? Csv.read(csv) : null;
            if (before == null || !before.stringColumn("policy").contains(name)) {
                Table own = run.apply(Map.of(name, () -> policies.apply(name)));
                Csv.write(csv, before == null ? own : before.append(own));
            }
        }
        return Csv.read(csv);
    }
}
