package dev.engram.compare;

import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.train.History;
import dev.engram.train.Labels;
import dev.engram.world.Fact;
import java.util.List;
import java.util.function.Function;

/**
 * Facts in the weights, alone or with text before the question. Without its memory it is the base, which is an arm of its own. Other
 * facts in the same kind of weights take another training, and are arms of their own too.
 */
final class TrainedArm implements Arm {
    /**
     * How an arm learns.
     *
     * @param facts learned, the asked ones or others
     * @param steps updates for the facts
     * @param updates updates for their later values
     */
    record Recipe(
            String name, Weights.Kind kind, Lessons lessons, List<Fact> facts, int steps, int updates, long seed) {}

    private static final int BYTES = 2;

    private final Recipe recipe;
    private final CausalLm base;
    private final Subject subject;
    private final Weights weights;
    private final Labels labels;
    private final History history;
    private final Function<Condition, Lookup> lookups;
    private final Price text;
    private final double gflop;
    private Lookup current = Lookup.none();
    private CausalLm lm;
    private double updateSeconds = Double.NaN;

    /**
     * Learns.
     *
     * @param lookups text before questions; null for none, and then an update goes into the weights
     * @param text what keeping that text costs
     */
    TrainedArm(
            Recipe recipe,
            CausalLm base,
            LoadOptions load,
            Subject subject,
            Function<Condition, Lookup> lookups,
            Price text) {
        this.recipe = recipe;
        this.base = base;
        this.subject = subject;
        this.lookups = lookups;
        this.text = text;
        this.labels = new Labels(base.tokenizer(), base.chatTemplate().orElseThrow());
        this.weights = new Weights(recipe.kind, base, load, recipe.seed);
        this.history = weights.learn(recipe.name, recipe.lessons.of(labels, recipe.facts), recipe.steps);
        this.gflop = weights.gflop() / recipe.facts.size();
        this.lm = weights.lm();
    }

    /** The training of the facts. */
    History history() {
        return history;
    }

    @Override
    public String name() {
        return recipe.name;
    }

    @Override
    public Answerer in(Condition condition) {
        if (lookups != null) {
            current.close();
            current = lookups.apply(condition);
            return new PromptAnswerer(lm, current);
        }
        return switch (condition) {
            case WITH -> new PromptAnswerer(lm, Lookup.none());
            case WITHOUT, SHUFFLED -> null;
            case UPDATED -> updated();
        };
    }

    private Answerer updated() {
        History later = weights.learn(
                recipe.name + ", later values", recipe.lessons.updates(labels, subject.facts()), recipe.updates);
        updateSeconds = later.seconds() / subject.facts().size();
        lm = weights.lm();
        return new PromptAnswerer(lm, Lookup.none());
    }

    @Override
    public CausalLm lm() {
        return lm;
    }

    @Override
    public Price price() {
        double bytes = (double) weights.parameters() * BYTES;
        return new Price(
                history.seconds() / recipe.facts.size() + text.writeSeconds(),
                lookups == null ? updateSeconds : text.updateSeconds(),
                text.bytes(),
                bytes,
                gflop + text.writeGflop(),
                new Flops(base.config()).token(),
                text.extraGflop());
    }

    @Override
    public void close() {
        current.close();
        weights.close();
    }
}
