//! `topk` and `bottomk`: which elements stay, and of equal ones which.
//!
//! Upstream keeps them in a binary heap with the worst at its root, as Go's `container/heap` does, and takes the root out
//! when a better element comes. Of equal elements that are the worst it depends on the heap's shape which is the root.

use super::value::Element;

/// The `k` elements that stay, the best one first.
pub(super) fn ranked(members: Vec<Element>, k: usize, is_top: bool) -> Vec<Element> {
    let is_worse = |a: &Element, b: &Element| match (number(a), number(b)) {
        (a, _) if a.is_nan() => true,
        (a, b) if is_top => a < b,
        (a, b) => a > b,
    };
    let mut heap: Vec<Element> = Vec::new();
    for member in members.into_iter().filter(|_| k > 0) {
        if heap.len() < k {
            heap.push(member);
            rise(&mut heap, &is_worse);
            continue;
        }
        let (root, new) = (number(&heap[0]), number(&member));
        let is_better = if is_top { root < new } else { root > new };
        if is_better || (root.is_nan() && !new.is_nan()) {
            heap[0] = member;
            sink(&mut heap, 0, &is_worse);
        }
    }
    // Stable, and NaN last: of two NaN neither is worse here.
    heap.sort_by(|a, b| {
        let (a, b) = (number(a), number(b));
        let by_value = if is_top { b.partial_cmp(&a) } else { a.partial_cmp(&b) };
        by_value.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
    heap
}

/// What does not count as a number is ranked as none.
fn number(element: &Element) -> f64 {
    element.float().unwrap_or(f64::NAN)
}

/// Brings the last element as far up as it is worse than its parent.
fn rise(heap: &mut [Element], is_worse: &dyn Fn(&Element, &Element) -> bool) {
    let mut at = heap.len() - 1;
    while at > 0 && is_worse(&heap[at], &heap[(at - 1) / 2]) {
        heap.swap(at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

/// Brings an element as far down as its worse child is worse than it.
fn sink(heap: &mut [Element], at: usize, is_worse: &dyn Fn(&Element, &Element) -> bool) {
    let (left, right) = (2 * at + 1, 2 * at + 2);
    if left >= heap.len() {
        return;
    }
    let child = if right < heap.len() && is_worse(&heap[right], &heap[left]) { right } else { left };
    if is_worse(&heap[child], &heap[at]) {
        heap.swap(child, at);
        sink(heap, child, is_worse);
    }
}
