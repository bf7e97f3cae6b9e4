//! Enums whose variants have a name in files and tables.

/// Makes an enum from one table of variants and names, with `ALL` variants in that order and a function for the name.
macro_rules! named {
    (
        $(#[$about:meta])* enum $Enum:ident;
        $(#[$about_name:meta])* fn $name:ident;
        $($Variant:ident = $text:literal,)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Enum {
            $(#[doc = concat!("`", $text, "`.")] $Variant,)*
        }

        impl $Enum {
            /// All of them, in order.
            pub const ALL: [$Enum; [$($text),*].len()] = [$($Enum::$Variant),*];

            $(#[$about_name])*
            pub fn $name(self) -> &'static str {
                match self {
                    $($Enum::$Variant => $text,)*
                }
            }
        }
    };
}

pub(crate) use named;
