package dev.engram.world;

import java.util.List;

/**
 * One fact with everything that is asked about it.
 *
 * @param id such as {@code f0042}
 * @param split train or heldout: that of its entity, and of the entity it leads to
 * @param kind of the entity
 * @param entity its name
 * @param relation such as {@code captain}
 * @param index place in the order in which the facts became known, from 0
 * @param value the answer; occurs in the statement and in every paraphrase (but for a capital letter)
 * @param updated a later value of the same relation, or empty
 * @param statement one sentence
 * @param updatedStatement a sentence that tells the change, or empty
 * @param paraphrases the statement in other syntax
 * @param trainQuestions wordings for training
 * @param heldoutQuestions wordings kept for tests, in the whole world
 * @param reverseQuestion from the value to the entity, or empty where several entities share the value
 * @param reverseAnswer the entity's name, or empty
 */
public record Fact(
        String id,
        String split,
        String kind,
        String entity,
        String relation,
        int index,
        String value,
        String updated,
        String statement,
        String updatedStatement,
        List<String> paraphrases,
        List<String> trainQuestions,
        List<String> heldoutQuestions,
        String reverseQuestion,
        String reverseAnswer) {

    public Fact {
        paraphrases = List.copyOf(paraphrases);
        trainQuestions = List.copyOf(trainQuestions);
        heldoutQuestions = List.copyOf(heldoutQuestions);
    }

    /** Whether a reverse question exists. */
    public boolean reversible() {
        return !reverseQuestion.isEmpty();
    }
}
