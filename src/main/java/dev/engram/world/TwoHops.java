package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Questions that need two facts. */
final class TwoHops {
    private final Draw draw;
    private final List<Step> steps = new ArrayList<>();

    /**
     * A two-hop question with its entries.
     *
     * @param bridge the noun phrase that stands for the first fact's value
     */
    record Step(TwoHop hop, Entry first, Entry second, String bridge) {}

    TwoHops(String seed) {
        draw = new Draw(seed, "two-hop");
    }

    /** One question for every fact that leads to an entity; none asks its way back to where it started. */
    List<Step> make(List<Entry> entries) {
        for (Entry first : entries) {
            if (first.relation().has(Family.BRIDGE)) {
                List<Entry> onward = entries.stream()
                        .filter(second -> second.entity() == first.value().entity()
                                && second.value().entity() != first.entity())
                        .toList();
                add(first, draw.pick(onward));
            }
        }
        return steps;
    }

    private void add(Entry first, Entry second) {
        String bridge = first.phrasing().plain(draw.pick(first.relation().of(Family.BRIDGE)));
        String question = new Phrasing()
                .with("e", bridge)
                .fill(draw.pick(second.relation().of(Family.ONWARD)), draw);
        String id = String.format(Locale.ROOT, "h%04d", steps.size() + 1);
        Fact from = first.fact();
        Fact to = second.fact();
        steps.add(new Step(
                new TwoHop(id, from.split(), from.id(), to.id(), question, to.value()), first, second, bridge));
    }
}
