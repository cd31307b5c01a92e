package dev.engram.cli.bench;

import dev.engram.eval.PolicyProbes;
import dev.engram.eval.Prose;
import dev.engram.forget.Budget;
import dev.engram.forget.EvictionConfig;
import dev.engram.forget.Policies;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What single facts and instructions suffer, policy by policy: the long run behind the probes of notebook 03. */
@Command(
        name = "probes",
        description = "Needles, tasks and instructions with a quarter of the cache, policy by policy."
                + " Can be stopped and continued: policies that OUT's files hold are not measured again.")
final class BenchProbes implements Callable<Integer> {
    /** As in notebook 03. */
    private static final long SEED = 3;

    private static final double KEPT = 0.25;

    /** What is asked, by the names of the command line. */
    enum Probe {
        needles,
        tasks,
        instructions
    }

    @Mixin
    private BenchOptions options;

    @Option(
            names = "--policies",
            split = ",",
            description = "Names, or all that delete and need not know the future; default: ${DEFAULT-VALUE}.")
    private List<String> policies = List.of("all");

    @Option(names = "--only", split = ",", description = "needles, tasks, instructions; default: all.")
    private List<Probe> only = List.of(Probe.values());

    @Option(names = "--out", description = "Folder of the rows; default: results/bench-policies/PROFILE.")
    private Path out;

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        Path folder = BenchOptions.folder(out, "bench-policies");
        List<String> names = policies.equals(List.of("all"))
                ? Stream.concat(Stream.of("full"), Policies.deleting().stream()).toList()
                : policies;
        LoadOptions load = options.load(DType.F32);
        EvictionConfig config = EvictionConfig.of(Budget.share(KEPT)).withProtection(4, 32);
        try (CausalLm lm = CausalLm.open(options.model, load)) {
            Prose prose = Prose.read(Checkout.folder().resolve("data/prose"));
            PolicyProbes probes = new PolicyProbes(
                    lm,
                    prose,
                    folder,
                    PolicyProbes.Sizes.of(profile, SEED),
                    name -> name.equals("full")
                            ? null
                            : Policies.named(name).equal().apply(config));
            if (only.contains(Probe.needles)) {
                probes.needles(names);
            }
            if (only.contains(Probe.tasks)) {
                probes.tasks(names);
            }
            if (only.contains(Probe.instructions)) {
                probes.instructions(names);
            }
        }
        System.out.println("The rows are in " + folder);
        return 0;
    }
}
