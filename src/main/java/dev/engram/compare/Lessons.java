package dev.engram.compare;

import dev.engram.train.Example;
import dev.engram.train.Labels;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;

/**
 * What trained arms learn from: a question and a whole sentence as its answer, the form in which the recall token's conversations
 * were too. No held-out wording is among them.
 */
enum Lessons {
    /** One question, one sentence. */
    ONE_WORDING,
    /** Three questions and five sentences in five pairs; the trainer shuffles them. */
    FIVE_WORDINGS;

    private static final int WORDINGS = 5;

    List<Example> of(Labels labels, List<Fact> facts) {
        return facts.stream().flatMap(f -> of(labels, f).stream()).toList();
    }

    private List<Example> of(Labels labels, Fact fact) {
        List<String> sentences = new ArrayList<>(List.of(fact.statement()));
        fact.paraphrases().stream().filter(p -> !p.contains("?")).forEach(sentences::add);
        List<String> questions = fact.trainQuestions();
        List<Example> pairs = new ArrayList<>();
        for (int i = 0; i < (this == ONE_WORDING ? 1 : WORDINGS); i++) {
            pairs.add(labels.answer(questions.get(i % questions.size()), sentences.get(i % sentences.size())));
        }
        return pairs;
    }

    /** The later values: the sentence that tells the change, as the answer to each question of this form. */
    List<Example> updates(Labels labels, List<Fact> facts) {
        List<Example> all = new ArrayList<>();
        for (Fact fact : facts) {
            List<String> questions = fact.trainQuestions();
            for (String q : this == ONE_WORDING ? questions.subList(0, 1) : questions) {
                all.add(labels.answer(q, fact.updatedStatement()));
            }
        }
        return all;
    }
}
