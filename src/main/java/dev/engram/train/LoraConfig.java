package dev.engram.train;

import dev.engram.model.BadInputException;
import java.util.List;

/**
 * Settings of low-rank adapters, named as in PEFT.
 *
 * @param r rank
 * @param alpha the update is scaled by alpha / r
 * @param dropout share of an adapter's inputs that are dropped while training
 * @param targetModules which of the linears {@link #LINEARS} of every layer
 */
public record LoraConfig(int r, double alpha, double dropout, List<String> targetModules) {
    /** The linears of a layer, in the order of {@link dev.engram.model.engine.LayerNames#linears}. */
    public static final List<String> LINEARS =
            List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

    public LoraConfig {
        targetModules = List.copyOf(targetModules);
        if (r < 1) {
            throw new BadInputException("The rank r is " + r + "; give 1 or more, such as 8.");
        }
        if (!(alpha > 0)) {
            throw new BadInputException("alpha is " + alpha + "; give a positive number, such as twice the rank.");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new BadInputException("The dropout is " + dropout + "; it must lie in [0, 1).");
        }
        for (String module : targetModules) {
            if (!LINEARS.contains(module)) {
                throw new BadInputException(
                        "targetModules names '" + module + "'; it may hold " + String.join(", ", LINEARS) + ".");
            }
        }
        if (targetModules.isEmpty()) {
            throw new BadInputException(
                    "targetModules is empty; name at least one of " + String.join(", ", LINEARS) + ".");
        }
    }

    /** Rank r, alpha 2 r, no dropout, all linears. */
    public static LoraConfig of(int r) {
        return new LoraConfig(r, 2 * r, 0, LINEARS);
    }

    public LoraConfig withAlpha(double a) {
        return new LoraConfig(r, a, dropout, targetModules);
    }

    public LoraConfig withDropout(double share) {
        return new LoraConfig(r, alpha, share, targetModules);
    }

    public LoraConfig withTargetModules(String... modules) {
        return new LoraConfig(r, alpha, dropout, List.of(modules));
    }

    public double scale() {
        return alpha / r;
    }
}
