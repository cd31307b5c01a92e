package dev.engram.compare;

import dev.engram.model.BadInputException;
import dev.engram.recall.RecallCorpus;
import dev.engram.world.Conversation;
import dev.engram.world.Fact;
import dev.engram.world.TwoHop;
import dev.engram.world.UnknownQuestion;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What all arms remember. The facts are among those that the committed recall token has learned, since its training is the longest; the
 * store holds its whole bank, so that a search has as much to confuse as the memory head has.
 *
 * @param facts asked for; those of the two-hop questions come first
 * @param hops two-hop questions of which both facts are among them
 * @param others as many other learned facts: what a memory with the wrong content holds
 * @param store facts of the bank, the asked ones among them
 * @param unknown questions on names that no fact has
 * @param everyday conversations that need no memory
 */
public record Subject(
        List<Fact> facts,
        List<TwoHop> hops,
        List<Fact> others,
        List<Fact> store,
        List<UnknownQuestion> unknown,
        List<Conversation> everyday) {
    /** Memories of data/adapters/recall-100, and the seed that drew them. */
    static final int LEARNED = 100;

    private static final long CORPUS = 1;
    private static final int UNKNOWN = 8;

    /** @param count facts to ask for, at most half of the learned ones */
    public static Subject of(World world, int count, long seed) {
        if (count < 2 || count > LEARNED / 2) {
            throw new BadInputException(count + " facts are to be compared; give 2 to " + LEARNED / 2
                    + ", since as many others of the " + LEARNED + " learned ones serve as wrong memories.");
        }
        RecallCorpus corpus = RecallCorpus.of(world, LEARNED, CORPUS);
        Set<String> learned = corpus.trained().stream().map(Fact::id).collect(Collectors.toSet());
        Set<Fact> chosen = new LinkedHashSet<>();
        List<TwoHop> hops = new ArrayList<>();
        for (TwoHop hop : world.twoHops()) {
            if (learned.contains(hop.first()) && learned.contains(hop.second())) {
                Set<Fact> more = new LinkedHashSet<>(chosen);
                more.add(world.fact(hop.first()));
                more.add(world.fact(hop.second()));
                if (more.size() <= count) {
                    chosen.addAll(more);
                    hops.add(hop);
                }
            }
        }
        List<Fact> rest = new ArrayList<>(corpus.trained());
        Collections.shuffle(rest, new Random(seed));
        Set<String> entities = new HashSet<>(chosen.stream().map(Fact::entity).toList());
        for (Fact fact : rest) {
            if (chosen.size() < count && fact.reversible() && entities.add(fact.entity())) {
                chosen.add(fact);
            }
        }
        List<Fact> others =
                rest.stream().filter(f -> !chosen.contains(f)).limit(count).toList();
        return new Subject(
                List.copyOf(chosen),
                hops,
                others,
                corpus.bank(),
                corpus.unknownTest().stream().limit(UNKNOWN).toList(),
                world.conversations().stream()
                        .filter(c -> c.kind().equals("everyday") && !c.think())
                        .toList());
    }

    /** The fact with this id. */
    public Fact fact(String id) {
        return store.stream().filter(f -> f.id().equals(id)).findFirst().orElseThrow();
    }
}
