package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Asks about names that belong to nobody and nothing. */
final class UnknownQuestions {
    private static final int EACH = 3;

    private UnknownQuestions() {}

    static List<UnknownQuestion> make(String seed, List<Entity> unknown, List<Relation> relations) {
        Draw draw = new Draw(seed, "unknown");
        Talk talk = new Talk(draw);
        List<UnknownQuestion> questions = new ArrayList<>();
        for (Entity entity : unknown) {
            List<Relation> asked = draw.shuffled(relations.stream()
                    .filter(r -> r.kind().equals(entity.kind()))
                    .toList());
            for (Relation relation : asked.subList(0, Math.min(EACH, asked.size()))) {
                Phrasing phrasing = Phrasing.about(entity);
                List<String> wordings = new ArrayList<>(relation.of(Family.TRAIN));
                wordings.addAll(relation.of(Family.HELDOUT));
                questions.add(new UnknownQuestion(
                        String.format(Locale.ROOT, "u%04d", questions.size() + 1),
                        entity.split(),
                        entity.kind(),
                        entity.mention(),
                        relation.name(),
                        phrasing.fill(draw.pick(wordings), draw),
                        talk.say("abstain", phrasing)));
            }
        }
        return questions;
    }
}
