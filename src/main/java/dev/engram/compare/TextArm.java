package dev.engram.compare;

import dev.engram.model.CausalLm;
import java.util.function.Function;
import java.util.function.Supplier;

/** Text before the question, on weights that stay as they are. */
final class TextArm implements Arm {
    private final String name;
    private final CausalLm lm;
    private final Function<Condition, Finder> finders;
    private final Supplier<Price> price;
    private Finder current = Finder.none();

    TextArm(String name, CausalLm lm, Function<Condition, Finder> finders, Supplier<Price> price) {
        this.name = name;
        this.lm = lm;
        this.finders = finders;
        this.price = price;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Answerer in(Condition condition) {
        current.close();
        current = finders.apply(condition);
        return new PromptAnswerer(lm, current);
    }

    @Override
    public CausalLm lm() {
        return lm;
    }

    @Override
    public Price price() {
        return price.get();
    }

    @Override
    public void close() {
        current.close();
    }
}
