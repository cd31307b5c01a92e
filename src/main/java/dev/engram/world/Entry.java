package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.List;

/**
 * A fact in the making: what can still be said about it in other words.
 *
 * @param updated the value it changes to
 * @param fact the finished fact
 */
record Entry(Entity entity, Relation relation, Value value, Value updated, Fact fact) {

    /** Slots of the entity, its value {v} and the other value {o}. */
    static Phrasing phrasing(Entity entity, Value value, Value other) {
        return Phrasing.about(entity).with("v", value.mention()).with("o", other.mention());
    }

    Phrasing phrasing() {
        return phrasing(entity, value, updated);
    }

    /** Once it has changed: the updated value in {v}, the old one in {o}. */
    Phrasing changed() {
        return phrasing(entity, updated, value);
    }

    /** Patterns of plain sentences, in random order; those that ask and answer are left out. */
    List<String> tellings(Draw draw) {
        return draw.shuffled(relation.of(Family.STATEMENT).stream()
                .filter(pattern -> pattern.indexOf('?') < 0)
                .toList());
    }

    /** A plain sentence that states the fact. */
    String tell(Draw draw) {
        return phrasing().fill(tellings(draw).get(0), draw);
    }

    /** A question of the wordings for training. */
    String ask(Draw draw) {
        return draw.pick(fact.trainQuestions());
    }
}
