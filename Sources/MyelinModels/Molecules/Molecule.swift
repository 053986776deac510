import Foundation

/// Atoms and bonds of a molecule, without hydrogens of their own.
public struct Molecule: Equatable, Sendable {
  /// One atom.
  public struct Atom: Equatable, Sendable {
    /// Atomic number.
    public var element: Int
    /// Formal charge.
    public var charge: Int
    /// Whether it is written as aromatic.
    public var isAromatic: Bool
    /// Hydrogens on it.
    public var hydrogens: Int
  }

  /// How two atoms are joined.
  public enum Order: Int, Sendable, CaseIterable {
    /// One pair of electrons.
    case single = 1
    /// Two pairs.
    case double
    /// Three pairs.
    case triple
    /// Of a ring around which electrons are shared.
    case aromatic
  }

  /// A bond between two atoms by number.
  public struct Bond: Equatable, Sendable {
    /// The atom that stands first.
    public var first: Int
    /// The other.
    public var second: Int
    /// What joins them.
    public var order: Order
  }

  /// In the order in which they are written.
  public var atoms: [Atom]
  /// Each once.
  public var bonds: [Bond]

  /// A molecule of these parts.
  public init(atoms: [Atom], bonds: [Bond]) {
    self.atoms = atoms
    self.bonds = bonds
  }

  /// What is wrong with a SMILES text, and where.
  public struct SyntaxError: Error, Equatable {
    /// Character from 1.
    public var position: Int
    /// What was expected there.
    public var expected: String
  }

  static let symbols = [
    "*", "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca",
    "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y",
    "Zr",
    "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr",
    "Nd",
    "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au",
    "Hg",
    "Tl", "Pb", "Bi", "Po", "At", "Rn",
  ]

  /// Valences that hydrogens fill up, of atoms that stand without brackets.
  private static let valences: [Int: [Int]] = [
    5: [3], 6: [4], 7: [3, 5], 8: [2], 15: [3, 5], 16: [2, 4, 6], 9: [1], 17: [1], 35: [1], 53: [1],
  ]

  /// Reads SMILES (Weininger 1988; opensmiles.org): atoms with and without brackets, bonds, branches, rings, aromatic atoms,
  /// charges, isotopes, fragments. Which way around atoms and double bonds are (`@`, `/`, `\`) is stepped over, isotopes
  /// too; hydrogens that are written as atoms of their own stay atoms where they are in brackets, as `[H]`.
  ///
  /// - Throws: ``SyntaxError`` with the place.
  public init(smiles: String) throws(SyntaxError) {
    var reader = SmilesReader(Array(smiles.utf8))
    try reader.read()
    (atoms, bonds) = (reader.atoms, reader.bonds)
    var fillsUp = reader.fillsUp
    putHydrogensOnTheirAtoms(&fillsUp)
    separateNitroCharges()
    var sums = [Int](repeating: 0, count: atoms.count)
    for bond in bonds {
      // Aromatic bonds count one each, and the atom one more for what is shared.
      let value = bond.order == .aromatic ? 1 : bond.order.rawValue
      sums[bond.first] += value
      sums[bond.second] += value
    }
    for index in atoms.indices where fillsUp[index] {
      // A charge takes the place of a bond: only nitro groups have one without brackets.
      let sum = sums[index] + (atoms[index].isAromatic ? 1 : 0) - min(atoms[index].charge, 0)
      let valences = Molecule.valences[atoms[index].element] ?? []
      if atoms[index].charge > 0 { continue }
      let wanted = atoms[index].isAromatic ? valences.first : valences.first { $0 >= sum }
      atoms[index].hydrogens = max(0, (wanted ?? sum) - sum)
    }
    findAromaticRings()
  }

  /// `[H]` on another atom is one of its hydrogens.
  private mutating func putHydrogensOnTheirAtoms(_ fillsUp: inout [Bool]) {
    func bondsOf(_ atom: Int) -> [Bond] { bonds.filter { $0.first == atom || $0.second == atom } }
    for atom in atoms.indices.reversed() where atoms[atom].element == 1 && atoms[atom].charge == 0 {
      let own = bondsOf(atom)
      guard own.count == 1, own[0].order == .single, atoms[atom].hydrogens == 0 else { continue }
      let other = own[0].first == atom ? own[0].second : own[0].first
      guard atoms[other].element != 1 else { continue }
      // An atom without brackets is filled up to the same number anyway.
      if !fillsUp[other] { atoms[other].hydrogens += 1 }
      atoms.remove(at: atom)
      fillsUp.remove(at: atom)
      bonds = bonds.filter { $0 != own[0] }.map {
        Bond(
          first: $0.first > atom ? $0.first - 1 : $0.first, second: $0.second > atom ? $0.second - 1 : $0.second,
          order: $0.order)
      }
    }
  }

  /// N(=O)=O, which nitrogen cannot be, is [N+](=O)[O-].
  private mutating func separateNitroCharges() {
    for atom in atoms.indices where atoms[atom].element == 7 && atoms[atom].charge == 0 {
      let doubles = bonds.indices.filter { number in
        let bond = bonds[number]
        guard bond.order == .double, bond.first == atom || bond.second == atom else { return false }
        let other = bond.first == atom ? bond.second : bond.first
        return atoms[other].element == 8 && atoms[other].charge == 0
      }
      guard doubles.count == 2 else { continue }
      let bond = bonds[doubles[0]]
      bonds[doubles[0]].order = .single
      atoms[atom].charge = 1
      atoms[bond.first == atom ? bond.second : bond.first].charge = -1
    }
  }

  /// Rings of five to seven atoms that share 4n + 2 electrons (Hückel), however they are written: each atom of a double bond
  /// brings one, one whose double bond leads out of all rings none, nitrogen, oxygen and sulphur without one two.
  private mutating func findAromaticRings() {
    let inRing = rings
    var neighbors = [[(atom: Int, bond: Int)]](repeating: [], count: atoms.count)
    for (number, bond) in bonds.enumerated() {
      neighbors[bond.first].append((bond.second, number))
      neighbors[bond.second].append((bond.first, number))
    }
    // The shortest way around through each bond.
    var found: Set<[Int]> = []
    for (number, bond) in bonds.enumerated() where inRing.bonds[number] {
      var before = [bond.first: bond.first]
      var front = [bond.first]
      search: for _ in 0..<6 {
        var next: [Int] = []
        for atom in front {
          for (other, through) in neighbors[atom] where through != number && before[other] == nil {
            before[other] = atom
            if other == bond.second { break search }
            next.append(other)
          }
        }
        front = next
      }
      guard before[bond.second] != nil else { continue }
      var ring = [bond.second]
      while let last = ring.last, last != bond.first { ring.append(before[last]!) }
      if ring.count >= 5 { found.insert(ring.sorted()) }
    }
    /// Electrons that an atom shares; nil where it lets none around.
    func share(_ atom: Int) -> Int? {
      if atoms[atom].isAromatic && neighbors[atom].allSatisfy({ bonds[$0.bond].order != .double }) {
        return [6, 5].contains(atoms[atom].element)
          || neighbors[atom].count + atoms[atom].hydrogens < 3 && atoms[atom].element == 7
          ? 1 : 2
      }
      if let double = neighbors[atom].first(where: { bonds[$0.bond].order == .double }) {
        if inRing.bonds[double.bond] { return 1 }
        return atoms[double.atom].element == 6 ? nil : 0
      }
      return [7, 8, 16].contains(atoms[atom].element) && atoms[atom].charge == 0
        && neighbors[atom].allSatisfy({ bonds[$0.bond].order != .triple }) ? 2 : nil
    }
    var aromatic: [Set<Int>] = []
    for ring in found.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let shares = ring.map(share)
      guard !shares.contains(nil), shares.reduce(0, { $0 + ($1 ?? 0) }) % 4 == 2 else { continue }
      aromatic.append(Set(ring))
    }
    for ring in aromatic {
      for atom in ring { atoms[atom].isAromatic = true }
      for number in bonds.indices where ring.contains(bonds[number].first) && ring.contains(bonds[number].second) {
        bonds[number].order = .aromatic
      }
    }
  }

  /// Whether each atom, and each bond, is in a ring: what is left without what holds nothing together but an end.
  var rings: (atoms: [Bool], bonds: [Bool]) {
    var inRing = [Bool](repeating: false, count: atoms.count)
    var bondInRing = [Bool](repeating: false, count: bonds.count)
    var neighbors = [[(atom: Int, bond: Int)]](repeating: [], count: atoms.count)
    for (number, bond) in bonds.enumerated() {
      neighbors[bond.first].append((bond.second, number))
      neighbors[bond.second].append((bond.first, number))
    }
    // A bond is in a ring where its ends are joined without it.
    for (number, bond) in bonds.enumerated() {
      var seen: Set<Int> = [bond.first]
      var open = [bond.first]
      search: while let atom = open.popLast() {
        for (next, through) in neighbors[atom] where through != number && !seen.contains(next) {
          if next == bond.second {
            (bondInRing[number], inRing[bond.first], inRing[bond.second]) = (true, true, true)
            break search
          }
          seen.insert(next)
          open.append(next)
        }
      }
    }
    return (inRing, bondInRing)
  }

  /// A number for the rings and what links them, the same however the molecule is written (Bemis and Murcko 1996): for parts
  /// that have no scaffold in common. 0 where there are no rings.
  var scaffold: UInt64 {
    var isLeft = [Bool](repeating: true, count: atoms.count)
    var neighbors = [[(atom: Int, order: Int)]](repeating: [], count: atoms.count)
    for bond in bonds {
      neighbors[bond.first].append((bond.second, bond.order.rawValue))
      neighbors[bond.second].append((bond.first, bond.order.rawValue))
    }
    var changes = true
    while changes {
      changes = false
      for atom in atoms.indices where isLeft[atom] && neighbors[atom].count(where: { isLeft[$0.atom] }) <= 1 {
        isLeft[atom] = false
        changes = true
      }
    }
    func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
      var x = (a ^ (b &+ 0x9E37_79B9_7F4A_7C15 &+ (a << 6) &+ (a >> 2))) &* 0xBF58_476D_1CE4_E5B9
      x ^= x >> 29
      return x &* 0x94D0_49BB_1331_11EB
    }
    var colours = atoms.map { mixed(UInt64($0.element), $0.isAromatic ? 1 : 2) }
    // Each round sees a bond further.
    for _ in 0..<12 {
      colours = atoms.indices.map { atom in
        let around = neighbors[atom].filter { isLeft[$0.atom] }.map { mixed(colours[$0.atom], UInt64($0.order)) }
          .sorted()
        return around.reduce(mixed(colours[atom], 3), mixed)
      }
    }
    return atoms.indices.filter { isLeft[$0] }.map { colours[$0] }.sorted().reduce(0, mixed)
  }
}

/// Goes through the bytes of a SMILES text.
private struct SmilesReader {
  let text: [UInt8]
  var place = 0
  var atoms: [Molecule.Atom] = []
  var bonds: [Molecule.Bond] = []
  /// Whether hydrogens that are not written fill up an atom.
  var fillsUp: [Bool] = []
  private var last: Int?
  private var branches: [Int?] = []
  private var openRings: [Int: (atom: Int, order: Molecule.Order?, place: Int)] = [:]
  private var order: Molecule.Order?
  private var hasBond = false
  private var isApart = false

  init(_ text: [UInt8]) { self.text = text }

  private func error(_ expected: String) -> Molecule.SyntaxError { .init(position: place + 1, expected: expected) }
  private var character: UInt8? { place < text.count ? text[place] : nil }
  private func isCharacter(_ set: String) -> Bool { character.map { byte in set.utf8.contains(byte) } ?? false }

  mutating func read() throws(Molecule.SyntaxError) {
    while let byte = character {
      switch byte {
      case UInt8(ascii: "("):
        guard last != nil, !hasBond else { throw error("an atom before a branch") }
        branches.append(last)
        place += 1
      case UInt8(ascii: ")"):
        guard let before = branches.popLast(), !hasBond else { throw error("an open branch") }
        last = before
        place += 1
      case UInt8(ascii: "."):
        guard !hasBond, last != nil else { throw error("an atom") }
        (last, isApart) = (nil, true)
        place += 1
      case UInt8(ascii: "["): try bracket()
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "%"): try ring()
      default:
        if isCharacter("-=#:/\\$~") { try bond() } else { try atom() }
      }
    }
    guard !hasBond else { throw error("an atom after a bond") }
    guard branches.isEmpty else { throw error(")") }
    if let open = openRings.values.min(by: { $0.place < $1.place }) {
      throw .init(position: open.place + 1, expected: "a ring that is closed")
    }
    guard !atoms.isEmpty, last != nil else { throw error("an atom") }
  }

  private mutating func bond() throws(Molecule.SyntaxError) {
    guard last != nil, !hasBond else { throw error("an atom before a bond") }
    switch text[place] {
    case UInt8(ascii: "="): order = .double
    case UInt8(ascii: "#"): order = .triple
    case UInt8(ascii: ":"): order = .aromatic
    case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "\\"): order = .single
    default: throw error("a bond - = # :")
    }
    hasBond = true
    place += 1
  }

  /// Without brackets.
  private mutating func atom() throws(Molecule.SyntaxError) {
    for name in ["Cl", "Br"] where text[place...].starts(with: name.utf8) {
      add(Molecule.symbols.firstIndex(of: name)!, isAromatic: false, fillsUp: true)
      place += 2
      return
    }
    let plain: [UInt8: Int] = [66: 5, 67: 6, 78: 7, 79: 8, 80: 15, 83: 16, 70: 9, 73: 53]
    let aromatic: [UInt8: Int] = [98: 5, 99: 6, 110: 7, 111: 8, 112: 15, 115: 16]
    if let element = plain[text[place]] {
      add(element, isAromatic: false, fillsUp: true)
    } else if let element = aromatic[text[place]] {
      add(element, isAromatic: true, fillsUp: true)
    } else if text[place] == UInt8(ascii: "*") {
      add(0, isAromatic: false, fillsUp: false)
    } else {
      throw error("an atom, a bond, a branch or a ring")
    }
    place += 1
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let byte = character, (48...57).contains(byte), (value ?? 0) < 1000 {
      value = (value ?? 0) * 10 + Int(byte - 48)
      place += 1
    }
    return value
  }

  /// `[13CH3+]`
  private mutating func bracket() throws(Molecule.SyntaxError) {
    place += 1
    _ = number()  // the isotope
    let start = place
    var element: Int?
    var isAromatic = false
    for length in [2, 1] where element == nil && start + length <= text.count {
      let name = String(decoding: text[start..<start + length], as: UTF8.self)
      if let found = Molecule.symbols.firstIndex(of: name) {
        element = found
      } else if ["b", "c", "n", "o", "p", "s", "se", "as", "te"].contains(name) {
        element = Molecule.symbols.firstIndex(of: name.prefix(1).uppercased() + name.dropFirst())
        isAromatic = true
      }
      if element != nil { place += length }
    }
    guard let element else { throw error("an element") }
    // Which way around: @, @@, @TH1 and the like.
    while isCharacter("@") { place += 1 }
    for class_ in ["TH", "AL", "SP", "TB", "OH"] where text[place...].starts(with: class_.utf8) {
      place += 2
      _ = number()
    }
    var hydrogens = 0
    if isCharacter("H") {
      place += 1
      hydrogens = number() ?? 1
    }
    var charge = 0
    if isCharacter("+-") {
      let sign = character == UInt8(ascii: "+") ? 1 : -1
      let mark = character
      while character == mark {
        charge += sign
        place += 1
      }
      if abs(charge) == 1, let size = number() { charge = sign * size }
    }
    if isCharacter(":") {
      place += 1
      _ = number()  // the number of an atom in a reaction
    }
    guard isCharacter("]") else { throw error("]") }
    add(element, isAromatic: isAromatic, fillsUp: false)
    atoms[atoms.count - 1].charge = charge
    atoms[atoms.count - 1].hydrogens = hydrogens
    place += 1
  }

  private mutating func add(_ element: Int, isAromatic: Bool, fillsUp fills: Bool) {
    atoms.append(.init(element: element, charge: 0, isAromatic: isAromatic, hydrogens: 0))
    fillsUp.append(fills)
    let new = atoms.count - 1
    if let last { join(last, new, order) }
    (last, order, hasBond, isApart) = (new, nil, false, false)
  }

  private mutating func join(_ a: Int, _ b: Int, _ order: Molecule.Order?) {
    let usual: Molecule.Order = atoms[a].isAromatic && atoms[b].isAromatic ? .aromatic : .single
    bonds.append(.init(first: a, second: b, order: order ?? usual))
  }

  private mutating func ring() throws(Molecule.SyntaxError) {
    guard let last else { throw error("an atom before a ring") }
    let start = place
    var name = Int(text[place]) - 48
    place += 1
    if text[start] == UInt8(ascii: "%") {
      guard place + 1 < text.count, (48...57).contains(text[place]), (48...57).contains(text[place + 1]) else {
        throw error("two digits after %")
      }
      name = Int(text[place] - 48) * 10 + Int(text[place + 1] - 48)
      place += 2
    }
    if let open = openRings.removeValue(forKey: name) {
      guard open.atom != last else { throw .init(position: start + 1, expected: "a ring of more than one atom") }
      if let a = open.order, let b = order, a != b {
        throw .init(position: start + 1, expected: "the same bond at both ends of a ring")
      }
      guard
        !bonds.contains(where: {
          ($0.first, $0.second) == (open.atom, last) || ($0.first, $0.second) == (last, open.atom)
        })
      else { throw .init(position: start + 1, expected: "one bond between two atoms") }
      join(open.atom, last, order ?? open.order)
    } else {
      openRings[name] = (last, order, start)
    }
    (order, hasBond) = (nil, false)
  }
}
