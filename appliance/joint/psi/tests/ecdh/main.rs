//! Two parties that find what they have in common.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use joint_simulator::Trouble;
use party::{Found, ProtocolError, Role, Suite, Withheld};
use psi::{Duplicates, Recipient, Reveal, Terms};

use support::{counts, expected, found, is_right, numbers, run, sorted, terms};

mod faults;
mod leak;
mod support;

#[test]
fn both_learn_their_rows_in_the_same_order() {
    for suite in [Suite::Ristretto255, Suite::Curve25519Direct] {
        let terms = Terms { suite, ..terms() };
        for (left, right) in
            [(0..13, 9..30), (0..13, 0..13), (0..5, 7..9), (0..0, 0..3), (3..4, 3..4), (0..0, 0..0), (0..40, 38..39)]
        {
            let (left, right) = (numbers(left), numbers(right));
            let end = run(&terms, &left, &right).unwrap();
            assert!(is_right(&end, &left, &right), "{left:?} {right:?} {end:?}");
            let common = expected(&left, &right).len() as u64;
            assert_eq!((counts(&end.left), end.left.summary.common), (vec![common], Some(common)));
            assert_eq!((end.left.summary.own, end.left.summary.others), (left.len() as u64, right.len() as u64));
        }
    }
}

#[test]
fn one_learns_rows_and_the_other_the_count() {
    let (left, right) = (numbers(0..20), numbers(15..40));
    for role in [Role::Left, Role::Right] {
        let end = run(&Terms { recipient: Recipient::One(role), ..terms() }, &left, &right).unwrap();
        let (own, other, all) = match role {
            Role::Left => (&end.left, &end.right, expected(&left, &right)),
            Role::Right => (&end.right, &end.left, expected(&right, &left)),
        };
        assert_eq!((sorted(found(own)), found(other)), (all, vec![]));
        assert_eq!((counts(own), counts(other)), (vec![5], vec![5]));
    }
}

#[test]
fn a_count_is_all_that_is_learnt() {
    let end = run(&Terms { reveal: Reveal::Count, ..terms() }, &numbers(0..20), &numbers(15..40)).unwrap();
    for side in [&end.left, &end.right] {
        assert_eq!((counts(side), found(side), side.summary.withheld), (vec![5], vec![], None));
    }
}

#[test]
fn too_small_and_too_large_intersections_end_at_the_gate() {
    let bounds = |min_intersection, max_thousandths| Terms { min_intersection, max_thousandths, ..terms() };
    for (terms, withheld) in [
        (bounds(6, 1000), Some(Withheld::TooFew)),
        (bounds(5, 1000), None),
        (bounds(0, 249), Some(Withheld::TooMany)),
        (bounds(0, 250), None),
    ] {
        let end = run(&terms, &numbers(0..20), &numbers(15..40)).unwrap();
        for side in [&end.left, &end.right] {
            assert_eq!((side.summary.withheld, side.summary.common, counts(side)), (withheld, Some(5), vec![5]));
            assert_eq!(found(side).is_empty(), withheld.is_some());
        }
    }
}

#[test]
fn duplicates_are_refused_or_the_first_counts() {
    let left = ["a", "b", " a", "c", "b"].map(String::from);
    let right = ["c", "b", "x"].map(String::from);
    let Err(Trouble::Failed { error: ProtocolError::Data { column, row, .. }, .. }) = run(&terms(), &left, &right)
    else {
        panic!("duplicates were taken");
    };
    assert!(column == "id" && [2, 4].contains(&row), "{column} {row}");
    let end = run(&Terms { duplicates: Duplicates::First, ..terms() }, &left, &right).unwrap();
    assert_eq!((sorted(found(&end.left)), sorted(found(&end.right))), (vec![1, 3], vec![0, 1]));
    assert_eq!(end.right.summary.others, 3);
}

#[test]
fn padding_hides_sizes_and_duplicates() {
    let terms = Terms { pad: true, duplicates: Duplicates::First, ..terms() };
    let (mut left, right) = (numbers(0..13), numbers(9..15));
    left.push("id 1".into());
    let end = run(&terms, &left, &right).unwrap();
    assert_eq!((end.left.summary.own, end.right.summary.own), (20, 10));
    assert_eq!((sorted(found(&end.left)), sorted(found(&end.right))), (vec![9, 10, 11, 12], vec![0, 1, 2, 3]));
}

#[test]
fn thousands_of_items_need_no_more_memory_at_once() {
    let piles = [1000, 4000].map(|n| {
        let terms = Terms { batch: 128, pile: 128, ..terms() };
        let (left, right) = (numbers(0..n), numbers(n / 2..n + 77));
        let end = run(&terms, &left, &right).unwrap();
        assert!(is_right(&end, &left, &right));
        end.left.largest_pile
    });
    // 40 bytes an entry of the largest kind, and not many more entries than the mean.
    assert!(piles.iter().all(|bytes| *bytes < 2 * 128 * 40), "{piles:?}");
}

#[test]
fn more_items_than_agreed_are_refused() {
    let terms = Terms { max_items: 10, ..terms() };
    let trouble = run(&terms, &numbers(0..11), &numbers(0..3)).unwrap_err();
    let found = Found::TooLarge { found: 11, at_most: 10 };
    let error = ProtocolError::Resource { what: "the number of own items", found };
    assert!(matches!(trouble, Trouble::Failed { error: found, .. } if found == error));
}
