package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** The selection rules by name. */
public final class TokenSelectors {
    private TokenSelectors() {}

    /** All rules that need no probe, the paper's first. */
    public static List<TokenSelector> all(long seed) {
        List<TokenSelector> all = new ArrayList<>(List.of(paper(), unnormalised(), maskedAndRotated()));
        all.addAll(List.of(last(), random(seed), valueNorm()));
        return all;
    }

    /** A rule of {@link #all}. */
    public static TokenSelector named(String name, long seed) {
        return all(seed).stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new BadInputException("The selection rule is '" + name + "'; it must be one of "
                        + all(seed).stream().map(TokenSelector::name).toList() + "."));
    }

    /**
     * w_j = Σ_i softmax_j(q_i·k_j/√d), from q and k without causal mask and without rotation (paper, section 3.3). The heads that
     * share a key/value head are summed, which the paper leaves open.
     */
    public static TokenSelector paper() {
        return rule("attention", Received::normalised);
    }

    /** w_j = Σ_i exp(q_i·k_j/√d): what the paper's authors ran, "in retrospect not necessary". */
    public static TokenSelector unnormalised() {
        return rule("unnormalised", Received::unnormalised);
    }

    /** Attention received with mask and rotation, as in the seed's code of section 3.3. */
    public static TokenSelector maskedAndRotated() {
        return new TokenSelector() {
            @Override
            public String name() {
                return "masked";
            }

            @Override
            public int watched(int tokens) {
                return tokens;
            }

            @Override
            public NDArray scores(LayerView view) {
                return view.received();
            }
        };
    }

    /** Attention received from a probe that is read after the reference, such as a question. */
    public static TokenSelector queryAware(int[] probe) {
        if (probe.length == 0) {
            throw new BadInputException("The probe of a query-aware selection is empty; give at least one token.");
        }
        return new TokenSelector() {
            @Override
            public String name() {
                return "probe";
            }

            @Override
            public int watched(int tokens) {
                return probe.length;
            }

            @Override
            public int[] probe() {
                return probe.clone();
            }

            @Override
            public NDArray scores(LayerView view) {
                return view.received();
            }
        };
    }

    /** The last tokens: a baseline. */
    public static TokenSelector last() {
        return rule("last", view -> {
            Shape s = view.k().getShape();
            return view.k()
                    .getManager()
                    .arange(0f, s.get(1), 1f)
                    .reshape(1, 1, s.get(1))
                    .broadcast(new Shape(s.get(0), s.get(2), s.get(1)));
        });
    }

    /** Random tokens: the baseline that every rule must beat. */
    public static TokenSelector random(long seed) {
        return rule("random", view -> {
            Shape s = view.k().getShape();
            float[] draws = new float[(int) (s.get(0) * s.get(2) * s.get(1))];
            SplittableRandom random = new SplittableRandom(seed * 1000 + view.layer());
            for (int i = 0; i < draws.length; i++) {
                draws[i] = (float) random.nextDouble();
            }
            return view.k().getManager().create(draws, new Shape(s.get(0), s.get(2), s.get(1)));
        });
    }

    /** The tokens with the longest values. */
    public static TokenSelector valueNorm() {
        return rule("value norm", view -> view.v().square().sum(new int[] {3}).transpose(0, 2, 1));
    }

    private static TokenSelector rule(String name, Function<TokenSelector.LayerView, NDArray> scores) {
        return new TokenSelector() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public NDArray scores(LayerView view) {
                return scores.apply(view);
            }
        };
    }
}
