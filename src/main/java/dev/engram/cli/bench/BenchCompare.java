package dev.engram.cli.bench;

import dev.engram.compare.Arms;
import dev.engram.compare.Examiner;
import dev.engram.compare.Subject;
import dev.engram.compare.Task;
import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Every memory on one ruler: the long run behind notebook 11. */
@Command(
        name = "compare",
        description =
                "Asks all memories the same questions about the same facts and counts what each costs. Can be stopped"
                        + " and continued: every arm and seed has a folder of its own, and one that is complete is kept.")
final class BenchCompare implements Callable<Integer> {
    @Mixin
    private BenchOptions options;

    @Option(names = "--facts", description = "Facts to ask for; default: 6, in the full profile 12.")
    private Integer facts;

    @Option(names = "--steps", description = "Updates of a trained arm; default: 12, in the full profile 80.")
    private Integer steps;

    @Option(names = "--arms", split = ",", description = "Arms; default: all.")
    private List<String> arms;

    @Option(names = "--tests", split = ",", description = "Tests, such as heldout, reverse; default: all.")
    private List<String> tests;

    @Option(
            names = "--seeds",
            split = ",",
            description = "Seeds of trained arms; the others take the first. Default: 1, in the full profile 1,2,3.")
    private List<Long> seeds;

    @Option(names = "--laps", description = "Questions timed one by one; default: ${DEFAULT-VALUE}.")
    private int laps = 4;

    @Option(names = "--dtype", description = "Weights that answer; default: ${DEFAULT-VALUE}.")
    private String dtype = "bf16";

    @Option(names = "--out", description = "Folder of the rows; default: results/bench-compare/PROFILE.")
    private Path out;

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        Path home = Checkout.folder();
        Path folder = BenchOptions.folder(out, "bench-compare");
        List<Task> asked = tests == null
                ? List.of(Task.values())
                : tests.stream().map(Task::of).toList();
        LoadOptions load = options.load(DType.parse(dtype));
        Subject subject = Subject.of(World.load(), facts == null ? profile.pick(6, 12) : facts, 1);
        try (CausalLm plain = CausalLm.open(options.model, load);
                CausalLm lm = CausalLm.open(options.model, load)) {
            Arms all = new Arms(lm, load, subject, home, steps == null ? profile.pick(12, 80) : steps);
            List<String> wanted = arms == null ? all.names() : arms;
            wanted.forEach(all::require);
            Examiner examiner = new Examiner(plain, subject, asked, Prose.read(home.resolve("data/prose")), laps);
            List<Long> drawn = seeds == null ? profile.pick(List.of(1L), List.of(1L, 2L, 3L)) : seeds;
            for (long seed : drawn) {
                for (String name : wanted) {
                    Path own = folder.resolve(name + "-" + seed);
                    boolean other = seed == drawn.get(0) || all.seeded(name);
                    if (other && !Examiner.done(own)) {
                        examiner.run(() -> all.open(name, seed), name, seed, own);
                        System.out.println(name + ", seed " + seed + ", is in " + own);
                    }
                }
            }
        }
        return 0;
    }
}
