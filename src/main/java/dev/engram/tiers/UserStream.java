package dev.engram.tiers;

import dev.engram.world.PersonalFact;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A year of one user with labels: what he or she tells, and chatter between it.
 *
 * @param user name, the seed of all choices
 * @param turns in the order of days
 */
public record UserStream(String user, List<Turn> turns) {
    private static final int DAYS = 365;

    /**
     * One turn.
     *
     * @param id unique in the stream
     * @param day a fraction of a day keeps turns of a day apart
     * @param horizon the label
     * @param relation what it is about, such as weight; empty for chatter
     * @param fact what is told, or null
     */
    public record Turn(String id, double day, String text, Horizon horizon, String relation, PersonalFact fact) {}

    public UserStream {
        turns = List.copyOf(turns);
    }

    /**
     * Makes a stream.
     *
     * @param test a user for tests: other values, other sentences and other chatter than any user for training has
     * @param chatter all turns without a fact; those in even places are for training, the others for tests
     */
    public static UserStream of(String user, boolean test, List<String> chatter) {
        List<Turn> turns = new ArrayList<>();
        for (PersonalFact f : World.user(user, test)) {
            turns.add(new Turn(
                    f.fact().id(),
                    f.day() + turns.size() * 1e-3,
                    f.utterance(),
                    Horizon.of(f.horizon()),
                    f.fact().relation(),
                    f));
        }
        SplittableRandom random = new SplittableRandom(user.hashCode());
        IntStream.range(0, chatter.size())
                .filter(i -> i % 2 == (test ? 1 : 0))
                .forEach(i -> turns.add(new Turn(
                        "chat" + i, 1 + random.nextDouble() * (DAYS - 1), chatter.get(i), Horizon.NONE, "", null)));
        turns.sort(Comparator.comparingDouble(Turn::day));
        return new UserStream(user, turns);
    }

    /** Users called {@code prefix 1}, {@code prefix 2} and so on. */
    public static List<UserStream> many(String prefix, int count, boolean test, List<String> chatter) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> of(prefix + " " + i, test, chatter))
                .toList();
    }

    public List<String> texts() {
        return turns.stream().map(Turn::text).toList();
    }

    public List<Horizon> labels() {
        return turns.stream().map(Turn::horizon).toList();
    }
}
